import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import {
  CONFIG_KEYS,
  ConfigError,
  declaredDefault,
  parseConfig,
  type RawConfig,
} from '../../../components/config';
import { seeded } from '../../../components/config/stack-defaults';
import { boundsOf } from '../../../components/local/limits';
import { root } from '../../../util/repo-root';
import { describeConfig, readOutputs, type StackOutputs } from '../../../components/outputs';
import { each } from '../../support/each';

function mistakesOf(raw: RawConfig): string[] {
  try {
    parseConfig(raw);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('a config', () => {
  test("without any key has the article's values", () => {
    expect(parseConfig({})).toMatchObject({
      cloud: 'local',
      controllers: 3,
      workers: 3,
      nodeCidr: '10.240.0.0/24',
      ipMasq: true,
      stage: 'cluster',
    });
  });

  test('takes lists as JSON or with commas', () => {
    expect(parseConfig({ adminCidrs: '["198.18.0.0/15"]' }).adminCidrs).toEqual(['198.18.0.0/15']);
    expect(parseConfig({ nodePortCidrs: '192.0.2.0/24, 198.51.100.0/24' }).nodePortCidrs).toEqual([
      '192.0.2.0/24',
      '198.51.100.0/24',
    ]);
  });

  test('without limits is limited by the number of its machines', () => {
    expect(boundsOf(parseConfig({}))).toEqual({ memoryLimit: 6 * 2 ** 30, processLimit: 6 * 512 });
    expect(boundsOf(parseConfig({ controllers: '1', workers: '1', memoryLimit: '700Mi' }))).toEqual(
      { memoryLimit: 700 * 2 ** 20, processLimit: 1024 },
    );
    expect(boundsOf(parseConfig({ memoryLimit: '4Gi', processLimit: '999' }))).toEqual({
      memoryLimit: 4 * 2 ** 30,
      processLimit: 999,
    });
  });

  test.each<[RawConfig, RegExp]>([
    [{ controllers: '2' }, /controllers is 2: .*1 or 3/],
    [{ controllers: 'three' }, /controllers is "three", not a whole number from 1 to 3/],
    [{ workers: '0' }, /workers is "0", not a whole number from 1 to 9/],
    [{ workers: '10' }, /workers is "10"/],
    [{ workers: '2.5' }, /workers is "2.5"/],
    [
      { nodeCidr: '10.240.0.5/24' },
      /nodeCidr: "10.240.0.5\/24" is an address inside a network: the network itself is 10.240.0.0\/24/,
    ],
    [{ nodeCidr: '10.240.0.0/28' }, /nodeCidr is 10.240.0.0\/28: .*from \/16 to \/27/],
    [{ nodeCidr: '10.240.0.0' }, /nodeCidr: "10.240.0.0" is not a CIDR/],
    [{ podCidr: '10.200.0.0/24' }, /podCidr is 10.200.0.0\/24: every worker gets a \/24/],
    [{ podCidr: '10.240.0.0/16' }, /nodeCidr 10.240.0.0\/24 and podCidr 10.240.0.0\/16 overlap/],
    [
      { serviceCidr: '10.200.4.0/24' },
      /podCidr 10.200.0.0\/16 and serviceCidr 10.200.4.0\/24 overlap/,
    ],
    [
      { publicPool: '10.240.0.0/16', adminCidrs: '0.0.0.0/0' },
      /publicPool 10.240.0.0\/16 and nodeCidr 10.240.0.0\/24 overlap/,
    ],
    [{ ipFamily: 'ipv6' }, /ipFamily is "ipv6", not one of ipv4, dual/],
    [{ ipMasq: 'yes' }, /ipMasq is "yes", not one of true, false/],
    [{ proxyMode: 'ipvs' }, /proxyMode is "ipvs", not one of iptables, nftables/],
    [{ stage: 'all' }, /stage is "all", not one of none, network, cluster/],
    [{ cloud: 'azure' }, /cloud is "azure", not one of local, aws, gcp/],
    [{ adminCidrs: '["here"]' }, /adminCidrs: "here" is not a CIDR/],
    [{ cloud: 'aws' }, /adminCidrs must be set: .* or auto/],
    [
      { cloud: 'gcp', adminCidrs: 'auto', loadBalancer: 'true' },
      /^loadBalancer is true, which is for local labs: on gcp name services in loadBalancers, such as default\/nginx:80=31080$/,
    ],
    [
      { loadBalancers: 'default/nginx:80=31080' },
      /loadBalancers is .* cloud local has no use for it/,
    ],
    [
      {
        cloud: 'aws',
        adminCidrs: 'auto',
        profile: 'small',
        loadBalancers: 'default/nginx:80=31080',
      },
      /^loadBalancers needs profile full: profile small has no balancer, so use NodePorts$/,
    ],
    [
      { cloud: 'gcp', adminCidrs: 'auto', stage: 'none', loadBalancers: 'default/nginx:80=31080' },
      /^loadBalancers has services, but stage none has no cluster/,
    ],
    [
      {
        cloud: 'aws',
        adminCidrs: 'auto',
        nodeCidr: '10.240.0.0/27',
        loadBalancers: 'default/nginx:80=31080',
      },
      /^loadBalancers needs addresses for balancers: set nodeCidr to a \/26 or wider$/,
    ],
    [
      { stage: 'none', loadBalancer: 'true' },
      /^loadBalancer is true, but stage none has no cluster/,
    ],
    [{ adminCidrs: 'auto' }, /can be auto only in a cloud/],
    [{ region: 'us-west-2' }, /region is "us-west-2", but cloud local has no use for it/],
    [
      { cloud: 'gcp', adminCidrs: 'auto', region: 'us-west-2' },
      /region is .* cloud gcp has no use for it/,
    ],
    [
      { cloud: 'aws', adminCidrs: 'auto', publicPool: '198.18.0.0/15' },
      /publicPool is .* cloud aws has no use for it/,
    ],
    [
      { cloud: 'aws', adminCidrs: 'auto', zone: 'eu-west-1a' },
      /zone eu-west-1a is not in region us-west-2/,
    ],
    [
      { cloud: 'aws', adminCidrs: 'auto', region: 'europe-west1' },
      /region is "europe-west1", not a region such as us-west-2/,
    ],
    [
      { cloud: 'aws', adminCidrs: 'auto', zone: 'us-west1-c' },
      /^zone is us-west1-c, which is no zone of AWS: set one such as us-west-2a$/,
    ],
    [
      { cloud: 'gcp', adminCidrs: 'auto', zone: 'us-east-1a' },
      /^zone is us-east-1a, which is no zone of Google Cloud: set one such as us-west1-c$/,
    ],
    [
      { cloud: 'aws', adminCidrs: 'auto', workerType: 'e2-medium' },
      /^workerType is e2-medium, which is no machine type of AWS: set one such as t3.small$/,
    ],
    [
      { cloud: 'gcp', adminCidrs: 'auto', controllerType: 't3.small' },
      /^controllerType is t3.small, which is no machine type of Google Cloud: set one such as/,
    ],
    [{ cloud: 'aws', adminCidrs: 'auto', region: 'Oregon' }, /region is "Oregon", not a region/],
    [
      { cloud: 'aws', adminCidrs: 'auto', expires: 'tomorrow' },
      /expires is "tomorrow", neither a duration/,
    ],
    [
      { cloud: 'aws', adminCidrs: 'auto', expires: '2026-13-01T00:00Z' },
      /expires is "2026-13-01T00:00Z"/,
    ],
    [{ cloud: 'aws', adminCidrs: 'auto', mirror: 'http://mirror.example' }, /mirror is .* https/],
    [
      { cloud: 'aws', adminCidrs: 'auto', student: 'Ada Lovelace' },
      /student is "Ada Lovelace", not lower-case/,
    ],
    [
      { cloud: 'aws', adminCidrs: 'auto', profile: 'small', controllers: '3' },
      /controllers is 3, but profile small has one/,
    ],
    [{ profile: 'small' }, /profile is small, which is for clouds/],
    [{ adminCidrs: '[]' }, /adminCidrs do not cover publicPool/],
    [{ publicPool: '100.64.0.0/16' }, /adminCidrs do not cover publicPool 100.64.0.0\/16/],
    [{ adminCidrs: '[oops' }, /adminCidrs is "\[oops", not a list of CIDRs/],
    [{ apiPort: '80' }, /apiPort is "80", not a whole number from 1024/],
    [{ apiPort: '2379' }, /apiPort is 2379, where etcd listens/],
    [
      { nodeCidr: '224.0.0.0/24' },
      /nodeCidr is 224.0.0.0\/24, where addresses of 224.0.0.0\/3 are/,
    ],
    [{ podCidr: '127.0.0.0/16' }, /podCidr is 127.0.0.0\/16, where addresses/],
    [{ publicPool: '0.0.0.0/8' }, /publicPool is 0.0.0.0\/8, where addresses/],
    [{ apiPort: '31088' }, /apiPort is 31088, which is among the NodePorts/],
    [{ mtu: '100' }, /mtu is "100"/],
    [{ worker: '3' }, /there is no config key "worker" \(did you mean "workers"\?\)/],
  ])('is refused with a message about the mistake %j', (raw, message) => {
    expect(mistakesOf(raw)).toEqual([expect.stringMatching(message)]);
  });

  test('with many mistakes reports all of them at once', () => {
    const mistakes = mistakesOf({
      controllers: '2',
      workers: '99',
      podCidr: 'x',
      stage: 'half',
      color: 'blue',
    });
    expect(
      mistakes
        .map((line) => /^there is no config key "(\w+)"/.exec(line)?.[1] ?? line.split(/[ :]/)[0])
        .sort(),
    ).toEqual(['color', 'controllers', 'podCidr', 'stage', 'workers']);
  });

  test('with names of another cloud reports each of them', () => {
    const names = {
      region: 'europe-west1',
      zone: 'europe-west1-b',
      controllerType: 'e2-small',
      workerType: 'e2-medium',
    };
    const mistakes = mistakesOf({ cloud: 'aws', adminCidrs: 'auto', ...names });
    expect(mistakes.map((line) => line.split(' ')[0]).sort()).toEqual(Object.keys(names).sort());
  });

  test.each([
    { cloud: 'aws', zone: 'us-west-2d', workerType: 'm7i-flex.large' },
    { cloud: 'aws', region: 'ap-southeast-2', zone: 'ap-southeast-2b', workerType: 'u-6tb1.metal' },
    { cloud: 'gcp', zone: 'northamerica-northeast1-a', workerType: 'n2-custom-4-8192' },
  ])('accepts the names of its cloud: %j', (names) => {
    expect(parseConfig({ adminCidrs: 'auto', ...names })).toMatchObject(names);
  });

  test("is the same after a round trip through a stack's output", () => {
    const config = parseConfig({
      workers: '2',
      adminCidrs: '["0.0.0.0/0"]',
      ipMasq: 'false',
      memoryLimit: '4Gi',
      processLimit: '2000',
    });
    const outputs = readOutputs({
      config: describeConfig(config),
      nodes: [],
    } as unknown as StackOutputs);
    expect(outputs.ipMasq).toBe(false);
    expect(outputs.topology.nodes).toHaveLength(5);
    expect(outputs.topology.rules.find((rule) => rule.name === 'allow-ssh')?.sources).toEqual([
      '0.0.0.0/0',
    ]);
  });
});

describe('the project files', () => {
  const project = parse(fs.readFileSync(path.join(root, 'Pulumi.yaml'), 'utf8'));

  test('declare every config key with the default that the program uses', () => {
    const declared = Object.fromEntries(
      Object.entries<{ default: string }>(project.config).map(([key, value]) => [
        key,
        value.default,
      ]),
    );
    expect(declared).toEqual(
      Object.fromEntries(CONFIG_KEYS.map((key) => [key, declaredDefault(key)])),
    );
    expect(Object.keys(project.config).sort()).toEqual([...CONFIG_KEYS].sort());
  });

  test("hold no stack's encryption salt", () => {
    const stacks = fs.readdirSync(root).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
    expect(stacks).toContain('Pulumi.local.yaml');
    each(stacks, (file) => {
      expect(fs.readFileSync(path.join(root, file), 'utf8')).not.toMatch(
        /encryptionsalt|secretsprovider/,
      );
    });
  });
});

describe('a stack of plain pulumi', () => {
  const declared: RawConfig = Object.fromEntries(
    CONFIG_KEYS.map((key) => [key, declaredDefault(key)]),
  );
  test.each(['aws', 'aws-s01', 'gcp', 'gcp-s01'])(
    'has the cloud of its name %s and the config tracked for it',
    (stack) => {
      const config = parseConfig(seeded({ ...declared, workers: '2' }, stack, 'hardway-lab'));
      expect(config).toMatchObject({ cloud: stack.slice(0, 3), workers: 2, adminCidrs: ['auto'] });
    },
  );
  test('keeps its given values, and stacks with other names do not change', () => {
    expect(
      seeded({ ...declared, adminCidrs: '203.0.113.7/32' }, 'aws', 'hardway-lab').adminCidrs,
    ).toBe('203.0.113.7/32');
    each(['local', 'local-s01', 'awsome', 'dev'], (stack) => {
      expect(seeded(declared, stack, 'hardway-lab')).toBe(declared);
    });
    expect(seeded({ cloud: 'gcp' }, 'gcp', 'hardway-lab')).toEqual({ cloud: 'gcp' });
  });
});
