import * as pulumi from '@pulumi/pulumi';
import { commandsOf, expectedSteps, expectedUnits } from '../../../../components/bootstrap';
import type { LabConfig } from '../../../../components/config';
import {
  type Registered,
  bare,
  commands,
  isSecret,
  registered,
  sent,
  steps,
} from '../../../support/bootstrap-graph';
import { each } from '../../../support/each';

describe('a lab at stage cluster', () => {
  let resources: Map<string, Registered>;
  beforeAll(async () => {
    resources = await registered();
  });

  test('every node has its role’s sessions, and the first controller also the cluster’s', () => {
    const on = (machine: string): string[] =>
      commands(resources)
        .filter(({ name }) => name.endsWith(`@${machine}`))
        .map(({ name }) => name.split('@')[0]);
    expect(on('controller-0')).toEqual(['machine', 'control-plane', 'objects', 'workloads']);
    expect(on('controller-2')).toEqual(['machine', 'control-plane']);
    expect(on('worker-1')).toEqual(['machine', 'registration']);
  });

  test('a session sends the steps of the machine’s role, in order', () => {
    expect(steps(resources.get('machine@controller-1')!)).toEqual([
      'ready',
      'artifacts',
      'certificates',
      'etcd',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
    ]);
    expect(steps(resources.get('machine@worker-1')!)).toEqual([
      'ready',
      'artifacts',
      'cni',
      'certificates',
      'containerd',
      'kubelet',
    ]);
    expect(steps(resources.get('registration@worker-1')!)).toEqual(['kube-proxy', 'registration']);
    expect(steps(resources.get('objects@controller-0')!)).toEqual(['rbac', 'pods']);
    expect(steps(resources.get('workloads@controller-0')!)).toEqual(['coredns', 'dns']);
  });

  test('CoreDNS starts after kube-proxy on every worker', () => {
    const sessionsWith = (step: string): string[] =>
      commands(resources)
        .filter((command) => steps(command).includes(step))
        .map(({ name }) => name);
    const proxies = sessionsWith('kube-proxy');
    expect(proxies).toHaveLength(3);
    const [coredns] = sessionsWith('coredns');
    expect(resources.get(coredns)!.dependencies).toEqual(expect.arrayContaining(proxies));
  });

  test('only the first session on a machine retries its login until the timeout', () => {
    each(commands(resources), ({ name, inputs, timeouts }) => {
      expect(bare(inputs.connection).dialErrorLimit).toBe(name.startsWith('machine@') ? -1 : 10);
      expect(timeouts.create).toBe('15m');
    });
  });

  test('every other session runs after the first one of its machine', () => {
    const reaches = (name: string, wanted: string): boolean =>
      name === wanted ||
      (resources.get(name)?.dependencies ?? []).some((dependency) => reaches(dependency, wanted));
    each(commands(resources), ({ name }) =>
      expect(reaches(name, `machine@${name.split('@')[1]}`)).toBe(true),
    );
  });

  test('sessions of one machine wait for no other machine before session control-plane', () => {
    const early = commands(resources).filter(
      ({ name }) => !['registration', 'workloads'].includes(name.split('@')[0]),
    );
    each(early, ({ name, dependencies }) => {
      const [, machine] = name.split('@');
      expect(
        dependencies.filter(
          (dependency) => dependency.includes('@') && !dependency.endsWith(`@${machine}`),
        ),
      ).toEqual([]);
    });
    const controlPlane = [0, 1, 2].map((index) => `control-plane@controller-${index}`);
    expect(resources.get('registration@worker-1')!.dependencies).toEqual(
      expect.arrayContaining(['machine@worker-1', ...controlPlane]),
    );
    const workers = [0, 1, 2].map((index) => `registration@worker-${index}`);
    expect(resources.get('workloads@controller-0')!.dependencies).toEqual(
      expect.arrayContaining([...controlPlane, ...workers]),
    );
  });

  test('the command text holds no secret, and is equal for all machines and steps', () => {
    const texts = new Set(commands(resources).map(({ inputs }) => inputs.create));
    expect(texts.size).toBe(1);
    expect([...texts][0]).not.toMatch(/PRIVATE|KEY/);
  });

  test('exactly the sessions with private keys are secret and not logged', () => {
    const hasPrivateKey = (command: Registered): boolean =>
      sent(command).includes('PRIVATE') ||
      sent(command).includes(Buffer.from('PRIVATE').toString('base64').slice(0, 8));
    each(commands(resources), (command) =>
      expect(hasPrivateKey(command)).toBe(command.name.startsWith('machine@')),
    );
    each(commands(resources).filter(hasPrivateKey), (command) => {
      expect(isSecret(command.inputs.stdin)).toBe(true);
      expect(command.inputs.logging).toBe('none');
      expect(command.secretOutputs).toEqual(expect.arrayContaining(['stdout', 'stderr']));
    });
  });

  test('triggers are plain: the generation first, a digest last', () => {
    each(commands(resources), ({ inputs }) => {
      expect(isSecret(inputs.triggers)).toBe(false);
      expect(inputs.triggers[0]).toBe('first');
      expect(inputs.triggers.at(-1)).toMatch(/^[0-9a-f]{64}$/);
    });
  });

  test('sessions undo nothing on destroy, and are deleted with their machine', () => {
    each(commands(resources), ({ name, inputs, deletedWith }) => {
      expect(inputs.delete).toBeUndefined();
      expect(inputs.environment).toBeUndefined();
      expect(inputs.addPreviousOutputInEnv).toBe(false);
      expect(deletedWith).toBe(name.split('@')[1]);
    });
  });

  test('the API server’s certificate has all its names and addresses', () => {
    const { inputs } = resources.get('pki-kube-apiserver')!;
    expect(inputs.dnsNames).toEqual(
      expect.arrayContaining([
        'kubernetes.hardway.internal',
        'kubernetes.default.svc.cluster.local',
        'controller-2',
      ]),
    );
    expect(inputs.ipAddresses).toEqual([
      '127.0.0.1',
      '10.32.0.1',
      '10.240.0.10',
      '10.240.0.11',
      '10.240.0.12',
      '198.18.0.10',
    ]);
  });

  test('a worker’s CNI file is the article’s', () => {
    expect(sent(resources.get('machine@worker-1')!)).toContain(
      '{\n    "cniVersion": "0.3.1",\n    "name": "bridge",\n    "type": "bridge",\n    "bridge": "cnio0",\n    "isGateway": true,\n' +
        '    "ipMasq": true,\n    "ipam": {\n        "type": "host-local",\n        "ranges": [\n          [{"subnet": "10.200.1.0/24"}]\n' +
        '        ],\n        "routes": [{"dst": "0.0.0.0/0"}]\n    }\n}\n',
    );
  });

  test('names outside the cluster are forwarded to no resolver and answered with NXDOMAIN', () => {
    const manifest = sent(resources.get('workloads@controller-0')!);
    expect(manifest).not.toContain('forward .');
    expect(manifest).not.toMatch(/^ +loop$/m);
    expect(manifest).toMatch(/\.:53 \{\n +errors\n +template ANY ANY \{\n +rcode NXDOMAIN\n/);
  });

  test('kubectl cluster-info finds the service of CoreDNS by its labels', () => {
    expect(sent(resources.get('workloads@controller-0')!)).toContain(
      '    kubernetes.io/cluster-service: "true"\n    kubernetes.io/name: CoreDNS\n',
    );
  });

  test('the front proxy has its own authority, which issues only its client certificate', () => {
    const issuedBy = (name: string): unknown => resources.get(name)!.inputs.caCertificate;
    const others = [...resources.values()].filter(
      ({ name, inputs }) => 'caCertificate' in inputs && name !== 'pki-front-proxy-client',
    );
    expect(others.length).toBeGreaterThan(10);
    expect(others.map(({ inputs }) => inputs.caCertificate)).not.toContain(
      issuedBy('pki-front-proxy-client'),
    );
    const controller = sent(resources.get('machine@controller-0')!);
    for (const flag of [
      '--requestheader-client-ca-file=/var/lib/kubernetes/front-proxy-ca.pem',
      '--proxy-client-cert-file=/var/lib/kubernetes/front-proxy-client.pem',
      '--enable-aggregator-routing=true',
    ])
      expect(controller).toContain(flag);
  });

  test('kube-proxy keeps half-closed connections as long as Kubernetes does by default', () => {
    expect(sent(resources.get('registration@worker-0')!)).toContain(
      'tcpCloseWaitTimeout: 1h0m0s\n',
    );
  });

  test('a hostPort has no plugin by default', () => {
    expect(sent(resources.get('machine@worker-0')!)).not.toContain('"portmap"');
  });
});

test('each stage has its steps', async () => {
  const names = async (stage: LabConfig['stage']): Promise<Set<string>> =>
    new Set(commands(await registered({ config: { stage } })).flatMap(steps));
  expect(await names('none')).toEqual(new Set(['ready']));
  const network = await names('network');
  expect([...network]).toEqual(expect.arrayContaining(['registration', 'pods']));
  expect(network.has('coredns')).toBe(false);
});

test('a new machine repeats its own sessions and those of the whole cluster', async () => {
  const triggers = (resources: Map<string, Registered>): Map<string, string> =>
    new Map(commands(resources).map(({ name, inputs }) => [name, JSON.stringify(inputs.triggers)]));
  const before = triggers(await registered());
  const changed = async (generations: Record<string, string>): Promise<string[]> => {
    const after = triggers(await registered({ generations }));
    return [...before.keys()].filter((name) => before.get(name) !== after.get(name)).sort();
  };
  expect(await changed({})).toEqual([]);
  expect(await changed({ 'worker-1': 'second' })).toEqual([
    'machine@worker-1',
    'registration@worker-1',
    'workloads@controller-0',
  ]);
  expect(await changed({ 'controller-2': 'second' })).toEqual(
    expect.arrayContaining([
      'machine@controller-2',
      'registration@worker-0',
      'workloads@controller-0',
    ]),
  );
});

test('each config value is in one file', async () => {
  const resources = await registered({
    config: {
      ipMasq: false,
      proxyMode: 'nftables',
      mtu: 1460,
      apiPort: 7443,
      nodePorts: [30100, 30200],
    },
    args: {
      imageMirror: pulumi.output('http://10.240.0.1:5000'),
      disposable: true,
      upstreamResolvers: ['9.9.9.9', '1.1.1.1'],
    },
  });
  const text = (name: string): string => sent(resources.get(name)!);
  expect(text('machine@worker-0')).toContain('"ipMasq": false,\n    "mtu": 1460,\n');
  expect(text('registration@worker-0')).toContain('mode: nftables');
  expect(text('machine@controller-0')).toContain('--service-node-port-range=30100-30200');
  expect(text('machine@controller-0')).toContain('--secure-port=7443');
  expect(text('machine@worker-0')).toContain('server = "http://10.240.0.1:5000"');
  expect(text('machine@controller-0')).toContain(
    ' \\\n  --unsafe-no-fsync \\\n  --heartbeat-interval=300 \\\n  --election-timeout=3000\n',
  );
  expect(text('workloads@controller-0')).toContain('        forward . 9.9.9.9 1.1.1.1\n');
  expect(text('machine@worker-0')).toContain('nameserver 9.9.9.9\nnameserver 1.1.1.1\n');
});

test('hostPorts put a list of plugins in the place of the article’s CNI file', async () => {
  const resources = await registered({ config: { hostPorts: true } });
  const worker = sent(resources.get('machine@worker-0')!);
  // Each name of a tar archive ends with a zero byte.
  expect(worker).toContain('/etc/cni/net.d/10-bridge.conflist\0');
  expect(worker).not.toContain('/etc/cni/net.d/10-bridge.conf\0');
  const [, text] =
    /(\{\s*"cniVersion": "0\.3\.1",\s*"name": "bridge",\s*"plugins"[^]*?\n\})\n/.exec(worker)!;
  const { plugins } = JSON.parse(text) as { plugins: { type: string; ipam?: object }[] };
  expect(plugins.map(({ type }) => type)).toEqual(['bridge', 'portmap']);
  expect(plugins[0].ipam).toMatchObject({ ranges: [[{ subnet: '10.200.0.0/24' }]] });
});

test('the service controller has rights only in a lab with loadBalancer', async () => {
  const file = '/var/lib/kubernetes/service-controller.yaml\0';
  const on = sent(
    (await registered({ config: { loadBalancer: true } })).get('objects@controller-0')!,
  );
  expect(on).toContain(file);
  expect(on).toMatch(/resources: \[services\/status\]\s+verbs: \[get, patch\]/);
  expect(sent((await registered()).get('objects@controller-0')!)).not.toContain(file);
});

describe('the addresses of the cloud’s balancers', () => {
  const LINE = 'default/nginx 203.0.113.101';
  const balanced = {
    config: { loadBalancers: ['default/nginx:80=31080'] },
    args: { serviceAddresses: [{ service: 'default/nginx', address: '203.0.113.101' }] },
  };

  test('are reported by a service of the first controller, which has its own kubeconfig', async () => {
    const all = await registered(balanced);
    const objects = sent(all.get('objects@controller-0')!);
    expect(objects).toContain(LINE);
    expect(objects).toContain('/usr/local/bin/service-addresses\0');
    expect(objects).toContain('/var/lib/kubernetes/service-controller.yaml\0');
    const kubeconfig = '/var/lib/kubernetes/service-controller.kubeconfig\0';
    expect(sent(all.get('machine@controller-0')!)).toContain(kubeconfig);
    expect(isSecret(all.get('machine@controller-0')!.inputs.stdin)).toBe(true);
    expect(sent(all.get('machine@controller-1')!)).not.toContain(kubeconfig);
  });

  test('are on no node of a lab without them', async () => {
    const all = await registered();
    const text = commands(all).map(sent).join('');
    expect(text).not.toContain('/usr/local/bin/service-addresses\0');
    expect(text).not.toContain('service-controller.kubeconfig\0');
  });
});

test('etcd waits for the disk and has its default intervals unless the lab is disposable', async () => {
  expect(sent((await registered()).get('machine@controller-0')!)).not.toMatch(
    /unsafe-no-fsync|heartbeat-interval|election-timeout/,
  );
});

test('every Go service of a node collects garbage twice as often', async () => {
  const resources = await registered();
  const services = (name: string): number =>
    [...sent(resources.get(name)!).matchAll(/^Environment=GOGC=50$/gm)].length;
  expect(services('machine@controller-0')).toBe(4);
  expect(services('machine@worker-0')).toBe(2);
  expect(services('registration@worker-0')).toBe(1);
});

test('expected units are those of the role, and none at stage none', async () => {
  expect(expectedUnits('controller', 'network')).toEqual([
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
  ]);
  expect(expectedUnits('worker', 'cluster')).toEqual([
    'pod-bridge',
    'pod-hairpin',
    'containerd',
    'kubelet',
    'kube-proxy',
  ]);
  expect(expectedUnits('worker', 'none')).toEqual([]);
  expect(expectedSteps({ role: 'controller', index: 0 }, 'cluster')).toContain('coredns');
  expect(expectedSteps({ role: 'controller', index: 1 }, 'cluster')).not.toContain('coredns');
  // The sessions with the step, and all later sessions that depend on them.
  expect(commandsOf('kubelet', 'worker-1')).toEqual(
    ['machine', 'control-plane', 'registration', 'objects', 'workloads'].map(
      (name) => `${name}@worker-1`,
    ),
  );
  expect(commandsOf('rbac', 'controller-0')).toEqual([
    'objects@controller-0',
    'workloads@controller-0',
  ]);
  expect(commandsOf('coredns', 'controller-0')).toEqual(['workloads@controller-0']);
  expect(commandsOf('dns', 'controller-0')).toEqual(['workloads@controller-0']);
  expect(commandsOf('ready', 'controller-0')).toEqual(
    [
      'gateway',
      'machine',
      'private-nodes',
      'control-plane',
      'registration',
      'objects',
      'workloads',
    ].map((name) => `${name}@controller-0`),
  );
  expect(expectedSteps({ role: 'controller', index: 0, isGateway: true }, 'none')).toEqual([
    'ready',
    'gateway',
    'private-nodes',
  ]);
  expect(() => commandsOf('kublet', 'worker-1')).toThrow('there is no step "kublet"');
});

test('a machine gets the downloads of the machine’s programs only', async () => {
  const downloads = [
    {
      name: 'etcd',
      architecture: 'amd64',
      url: 'https://example.com/etcd.tar.gz',
      digest: 'ab12',
      member: 'etcd-v3/etcd',
    },
  ];
  const resources = await registered({ args: { downloads } });
  expect(sent(resources.get('machine@controller-1')!)).toContain(
    'etcd /usr/local/bin amd64 https://example.com/etcd.tar.gz ab12 etcd-v3/etcd\nkube-apiserver /usr/local/bin - - - -\n',
  );
  expect(sent(resources.get('machine@worker-1')!)).not.toContain('example.com');
});
