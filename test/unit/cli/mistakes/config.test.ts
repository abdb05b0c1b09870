import * as fs from 'node:fs';
import { CONFIG_KEYS } from '../../../../components/config';
import { inPlaces, ownPlaces, typed } from '../../../support/typed';

jest.mock('../../../../cli/actions/prepare', () => ({
  requireCredentials: async () => undefined,
  prepare: () => {
    throw new Error('this config was taken for a good one');
  },
}));

ownPlaces();

const FORM = '--set KEY=VALUE; Pulumi.yaml lists every config key with its default';
/** Returns the cure, which names the lab unless it is the default one. */
const value = (line: string): string =>
  `./lab up ${/^(?!--)\S+ |/.exec(line)![0]}--set KEY=VALUE with another value, or --set KEY= for the default`;
const OTHERS = CONFIG_KEYS.join(', ');

/** Arguments of ./lab up, and each line of the message. */
const FORMS: [typed: string, ...said: string[]][] = [
  ['--set workers', '--set workers: not of the form KEY=VALUE'],
  ['--set =3', '--set =3: not of the form KEY=VALUE'],
  ['--set cloud=aws', "--set cloud=aws: a lab's cloud is in its name, such as aws-s01"],
  [
    '--set lab:workers=3',
    '--set lab:workers=3: there is no namespace "lab": a key of this project needs none',
  ],
  ['--set aws:region=nowhere', '--set aws:region=nowhere: use the key region'],
  ['--set gcp:project=1', '--set gcp:project=1: use the key project'],
  [
    '--set aws:foo=1 --set gcp:region=us-west1',
    '--set aws:foo=1: no lab reads it: keys of this project need no namespace',
    '--set gcp:region=us-west1: no lab reads it: keys of this project need no namespace',
  ],
  [
    '--set workers=3,controllers=1',
    '--set workers=3,controllers=1: each key needs its own --set, also controllers',
  ],
  ['--set workers=3 --set workers=4', 'workers is set twice, to 3 and to 4.'],
  ['--stage none --set stage=cluster', 'stage is set twice, to cluster and to none.'],
  [
    '--set mtu --set cloud=gcp',
    '--set mtu: not of the form KEY=VALUE',
    "--set cloud=gcp: a lab's cloud is in its name, such as aws-s01",
  ],
];

/** Arguments of the right form with wrong values, and each mistake of the config. */
const VALUES: [typed: string, ...mistakes: string[]][] = [
  ['--set worker=3', 'there is no config key "worker" (did you mean "workers"?)'],
  [
    '--set hardway-lab:nodecidr=10.1.0.0/24',
    'there is no config key "nodecidr" (did you mean "nodeCidr"?)',
  ],
  ['--set rainbow=blue', `there is no config key "rainbow": there are ${OTHERS}`],
  [
    '--set controllers=2',
    'controllers is 2: etcd needs an odd number to survive the loss of one, so choose 1 or 3',
  ],
  ['--set controllers=5', 'controllers is "5", not a whole number from 1 to 3'],
  ['--set workers=0', 'workers is "0", not a whole number from 1 to 9'],
  ['--set workers=three', 'workers is "three", not a whole number from 1 to 9'],
  ['--set workers=-1', 'workers is "-1", not a whole number from 1 to 9'],
  [
    '--set nodeCidr=10.240.0.0',
    'nodeCidr: "10.240.0.0" is not a CIDR such as 10.240.0.0/24: add the length of the prefix, /32 for a single address',
  ],
  [
    '--set nodeCidr=10.240.0.5/24',
    'nodeCidr: "10.240.0.5/24" is an address inside a network: the network itself is 10.240.0.0/24',
  ],
  [
    '--set nodeCidr=10.240.0.0/28',
    'nodeCidr is 10.240.0.0/28: controllers are hosts 10 to 12 of it and workers 20 to 28, so the prefix must be from /16 to /27',
  ],
  [
    '--set nodeCidr=224.0.0.0/24',
    'nodeCidr is 224.0.0.0/24, where addresses of 224.0.0.0/3 are: they are for multicast, or reserved, so choose another network',
  ],
  ['--set podCidr=10.300.0.0/16', 'podCidr: "10.300.0.0/16" is not a CIDR such as 10.240.0.0/24'],
  [
    '--set podCidr=10.200.0.0/24',
    'podCidr is 10.200.0.0/24: every worker gets a /24 of it, so the prefix must be from /8 to /20',
  ],
  [
    '--set podCidr=10.240.0.0/16',
    'nodeCidr 10.240.0.0/24 and podCidr 10.240.0.0/16 overlap: choose networks that share no address',
  ],
  [
    '--set serviceCidr=10.200.4.0/24',
    'podCidr 10.200.0.0/16 and serviceCidr 10.200.4.0/24 overlap: choose networks that share no address',
  ],
  ['--set serviceCidr=fd00::/112', 'serviceCidr: "fd00::/112" is not a CIDR such as 10.240.0.0/24'],
  [
    '--set publicPool=127.0.0.0/8',
    "publicPool is 127.0.0.0/8, where addresses of 127.0.0.0/8 are: they are every machine's own, so choose another network",
  ],
  [
    '--set publicPool=8.8.8.0/24 --set adminCidrs=0.0.0.0/0',
    'publicPool is 8.8.8.0/24, which is routed on the Internet, so the host could not reach its owners: choose a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 198.18.0.0/15',
  ],
  [
    '--set publicPool=10.32.0.0/16 --set adminCidrs=0.0.0.0/0',
    'publicPool 10.32.0.0/16 and serviceCidr 10.32.0.0/24 overlap: choose networks that share no address',
  ],
  [
    '--set publicPool=203.0.113.0/24',
    'adminCidrs do not cover publicPool 203.0.113.0/24, from which the host logs in to nodes: set adminCidrs=198.18.0.0/15,203.0.113.0/24',
  ],
  ['--set adminCidrs=me', 'adminCidrs: "me" is not a CIDR such as 10.240.0.0/24'],
  [
    '--set adminCidrs=[oops',
    'adminCidrs is "[oops", not a list of CIDRs: write them with commas, such as 198.18.0.0/15,192.0.2.7/32',
  ],
  [
    '--set nodePortCidrs=192.0.2.7',
    'nodePortCidrs: "192.0.2.7" is not a CIDR such as 10.240.0.0/24: add the length of the prefix, /32 for a single address',
  ],
  [
    '--set jumpCidrs=192.0.2.7',
    'jumpCidrs: "192.0.2.7" is not a CIDR such as 10.240.0.0/24: add the length of the prefix, /32 for a single address',
  ],
  ['--set jumpCidrs=students', 'jumpCidrs: "students" is not a CIDR such as 10.240.0.0/24'],
  ['--set jumpCidrs=auto', "jumpCidrs cannot be auto: name the CIDRs of your students' computers"],
  [
    '--set memoryLimit=4GB',
    'memoryLimit is "4GB", not an amount of memory such as 4Gi or 512Mi, at least 128Mi',
  ],
  [
    '--set memoryLimit=4',
    'memoryLimit is "4", not an amount of memory such as 4Gi or 512Mi, at least 128Mi',
  ],
  ['--set processLimit=0', 'processLimit is "0", not a whole number from 128 to 4194304'],
  ['--set processLimit=max', 'processLimit is "max", not a whole number from 128 to 4194304'],
  ['--set region=us-west-2', 'region is "us-west-2", but cloud local has no use for it: remove it'],
  ['--set zone=us-west1-c', 'zone is "us-west1-c", but cloud local has no use for it: remove it'],
  [
    '--set project=my-project',
    'project is "my-project", but cloud local has no use for it: remove it',
  ],
  [
    '--set controllerType=t3.small',
    'controllerType is "t3.small", but cloud local has no use for it: remove it',
  ],
  [
    '--set workerType=t3.small',
    'workerType is "t3.small", but cloud local has no use for it: remove it',
  ],
  [
    '--set mirror=https://mirror.example',
    'mirror is "https://mirror.example", but cloud local has no use for it: remove it',
  ],
  ['--set student=ada', 'student is "ada", but cloud local has no use for it: remove it'],
  [
    '--set expires=soon',
    'expires is "soon", neither a duration such as 8h nor a time such as 2026-12-01T18:00Z',
  ],
  ['--set profile=tiny', 'profile is "tiny", not one of full, small'],
  [
    '--set profile=small',
    'profile is small, which is for clouds: set controllers and workers instead',
  ],
  [
    '--set nodePortCidrs=auto',
    'adminCidrs and nodePortCidrs can be auto only in a cloud: remove auto, or name CIDRs',
  ],
  ['--set ipFamily=ipv6', 'ipFamily is "ipv6", not one of ipv4, dual (did you mean "ipv4"?)'],
  ['--set hostPorts=yes', 'hostPorts is "yes", not one of true, false'],
  [
    'aws-s01 --set adminCidrs=198.51.100.7/32 --set loadBalancers=default/nginx',
    'loadBalancers has "default/nginx", not NAMESPACE/NAME:PORT=NODEPORT[@HEALTHPORT] such as default/nginx:80=31080',
  ],
  [
    'aws-s01 --set adminCidrs=198.51.100.7/32 --set loadBalancers=a/b:80=31080,a/b:80=31081',
    'loadBalancers names port 80 of a/b twice, in "a/b:80=31080" and "a/b:80=31081"',
  ],
  ['--set loadBalancer=yes', 'loadBalancer is "yes", not one of true, false'],
  ['--set ipMasq=yes', 'ipMasq is "yes", not one of true, false'],
  ['--set ipMasq=False', 'ipMasq is "False", not one of true, false (did you mean "false"?)'],
  ['--set proxyMode=ipvs', 'proxyMode is "ipvs", not one of iptables, nftables'],
  [
    '--set proxyMode=nftable',
    'proxyMode is "nftable", not one of iptables, nftables (did you mean "nftables"?)',
  ],
  ['--set stage=all', 'stage is "all", not one of none, network, cluster'],
  ['--set apiPort=443', 'apiPort is "443", not a whole number from 1024 to 65535'],
  [
    '--set apiPort=31088',
    'apiPort is 31088, which is among the NodePorts 30000-32767: choose another',
  ],
  ['--set apiPort=2379', 'apiPort is 2379, where etcd listens on the controllers: choose another'],
  ['--set mtu=100', 'mtu is "100", not a whole number from 1280 to 9001'],
  [
    '--set workers=12 --set controllers=2 --set podCidr=10.240.0.0/16 --set colur=blue --stage none',
    `there is no config key "colur": there are ${OTHERS}`,
    'controllers is 2: etcd needs an odd number to survive the loss of one, so choose 1 or 3',
    'workers is "12", not a whole number from 1 to 9',
    'nodeCidr 10.240.0.0/24 and podCidr 10.240.0.0/16 overlap: choose networks that share no address',
  ],
];

/** Arguments with wrong values for labs in clouds, the lab's name first. */
const CLOUDS: [typed: string, ...mistakes: string[]][] = [
  [
    'aws-s01 --set adminCidrs=',
    'adminCidrs must be set: the CIDRs that you log in from, or auto for your current address',
  ],
  ['aws-s01 --set region=oregon', 'region is "oregon", not a region such as us-west-2'],
  [
    'aws-s01 --set region=eu-central-1 --set zone=us-west-2a',
    'zone us-west-2a is not in region eu-central-1: set a zone of that region, or remove zone',
  ],
  ['aws-s01 --set profile=tiny', 'profile is "tiny", not one of full, small'],
  [
    'aws-s01 --set profile=small --set controllers=3',
    'controllers is 3, but profile small has one: set controllers to 1, or profile to full',
  ],
  [
    'aws-s01 --set controllerType=Big',
    'controllerType is "Big", not a machine type such as t3.small or e2-medium',
  ],
  [
    'aws-s01 --set workerType=t3/small',
    'workerType is "t3/small", not a machine type such as t3.small or e2-medium',
  ],
  [
    'aws-s01 --set mirror=http://mirror.example',
    'mirror is "http://mirror.example", not an address that begins with https://',
  ],
  [
    'aws-s01 --set student=Ada',
    'student is "Ada", not lower-case letters, digits, - and _ between them, at most 63',
  ],
  [
    'aws-s01 --set expires=tomorrow',
    'expires is "tomorrow", neither a duration such as 8h nor a time such as 2026-12-01T18:00Z',
  ],
  [
    'aws-s01 --set jumpCidrs=192.0.2.0/24',
    'jumpCidrs is "192.0.2.0/24", but cloud aws has no use for it: remove it',
  ],
  [
    'aws-s01 --set memoryLimit=4Gi',
    'memoryLimit is "4Gi", but cloud aws has no use for it: remove it',
  ],
  [
    'aws-s01 --set project=my-project',
    'project is "my-project", but cloud aws has no use for it: remove it',
  ],
  ['--set region=us-west-2', 'region is "us-west-2", but cloud local has no use for it: remove it'],
];

const head = (count: number): string =>
  count === 1 ? 'One mistake in the config:' : `${count} mistakes in the config:`;

test.each(FORMS)('./lab up %s is refused for its form', async (line, ...said) => {
  expect(await typed(`up ${line}`)).toEqual({
    code: 2,
    printed: `${said.join('\n')}\nTo do: ${FORM}`,
  });
  expect(fs.readdirSync(inPlaces())).toEqual([]);
});

test.each([...VALUES, ...CLOUDS])(
  './lab up %s is refused with its mistakes',
  async (line, ...mistakes) => {
    expect(await typed(`up ${line}`)).toEqual({
      code: 2,
      printed: [
        head(mistakes.length),
        ...mistakes.map((mistake) => `  - ${mistake}`),
        `To do: ${value(line)}`,
      ].join('\n'),
    });
    expect(fs.readdirSync(inPlaces())).toEqual([]);
  },
);

test('every config key has a wrong value in this table', () => {
  const keys = [...FORMS, ...VALUES, ...CLOUDS].flatMap(([line]) =>
    [...line.matchAll(/--set (?:hardway-lab:)?(\w+)=/g)].map((match) => match[1]),
  );
  expect(CONFIG_KEYS.filter((key) => !keys.includes(key))).toEqual([]);
});

describe("a lab's own config file", () => {
  const file = (): string => inPlaces('state', 'stacks', 'Pulumi.local-s01.yaml');
  const keep = (text: string): void => {
    fs.mkdirSync(inPlaces('state', 'stacks'), { recursive: true });
    fs.writeFileSync(file(), text);
  };

  test('is named in the message about its mistake', async () => {
    keep('config:\n  hardway-lab:cloud: local\n  hardway-lab:workers: many\n');
    expect(await typed('up s01')).toEqual({
      code: 2,
      printed: `One mistake in the config:\n  - workers is "many", not a whole number from 1 to 9\nTo do: ./lab up local-s01 --set KEY=VALUE with another value, or --set KEY= for the default (other values come from ${file()})`,
    });
  });

  test('is named in the message if it is no YAML', async () => {
    keep('config: {\n');
    const { code, printed } = await typed('up s01');
    expect(code).toBe(2);
    expect(printed).toMatch(
      /Pulumi\.local-s01\.yaml is not YAML: .* at line 2[\s\S]*To do: correct the file, or remove it and set the config with --set$/,
    );
  });
});

test('a valid config is no mistake', async () => {
  expect(
    (
      await typed(
        'up --set workers=9 --set controllers=1 --set mtu=1400 --set memoryLimit=6Gi --set processLimit=4000 --set jumpCidrs=192.0.2.0/24 --set adminCidrs=198.18.0.0/15,192.0.2.7/32 --set pulumi:tags=a',
      )
    ).printed,
  ).toContain('taken for a good one');
});
