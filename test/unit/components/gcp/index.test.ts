import { describeGraph } from '../../../support/graph';
import { bare, isSecret, type Registered } from '../../../support/mocks';
import { sent } from '../../../support/bootstrap-graph';
import { gcpLab, type GcpGraph } from '../../../support/gcp-graph';
import { each } from '../../../support/each';

let lab: GcpGraph;
const every = (kind: string): Registered[] => lab.graph.every(kind);
const of = (kind: string, name: string): Registered => lab.graph.of(kind, name);
const google = (): Registered[] => lab.graph.all.filter(({ type }) => type.startsWith('gcp:'));
const commands = (): Registered[] => every('Command');
beforeAll(async () => {
  lab = await gcpLab();
}, 60_000);

test('a lab has exactly these resources', () => {
  const count: Record<string, number> = {};
  for (const { type } of google()) count[type.split(':')[2]] = (count[type.split(':')[2]] ?? 0) + 1;
  expect(count).toEqual({
    Network: 1,
    Subnetwork: 1,
    Firewall: 8,
    Instance: 6,
    Route: 3,
    Address: 1,
    RegionHealthCheck: 1,
    InstanceGroup: 1,
    InstanceGroupMembership: 3,
    RegionBackendService: 1,
    ForwardingRule: 1,
  });
});

test('every machine has its address in the one subnet, and may forward pods’ packets', () => {
  const addresses = every('Instance').map(({ name, inputs }) => [
    name,
    inputs.networkInterfaces[0].networkIp,
  ]);
  expect(Object.fromEntries(addresses)).toEqual({
    'controller-0': '10.240.0.10',
    'controller-1': '10.240.0.11',
    'controller-2': '10.240.0.12',
    'worker-0': '10.240.0.20',
    'worker-1': '10.240.0.21',
    'worker-2': '10.240.0.22',
  });
  each(every('Instance'), ({ inputs }) => {
    expect(inputs.canIpForward).toBe(true);
    expect(inputs.networkInterfaces).toHaveLength(1);
    expect(inputs.networkInterfaces[0].subnetwork).toBe('projects/p/gcp-s01-nodes');
    expect(inputs.networkInterfaces[0].accessConfigs).toHaveLength(1);
  });
});

test('a machine’s host name is the article’s, and its resource name is unique in the project', () => {
  each(every('Instance'), ({ name, inputs }) => {
    expect(inputs.name).toBe(`gcp-s01-${name}`);
    expect(inputs.hostname.split('.')[0]).toBe(name);
  });
  each(
    google().filter(({ type }) => !type.endsWith('Membership')),
    ({ inputs }) => {
      expect(inputs.name).toMatch(/^gcp-s01(-|$)/);
    },
  );
});

test('each pod CIDR is routed to the worker that owns it, by instance and zone', () => {
  const routes = every('Route').map(({ name, inputs }) => [
    name,
    inputs.destRange,
    inputs.nextHopInstance,
    inputs.nextHopInstanceZone,
    inputs.network,
  ]);
  expect(routes.sort()).toEqual(
    [0, 1, 2].map((i) => [
      `pod-route-worker-${i}`,
      `10.200.${i}.0/24`,
      `gcp-s01-worker-${i}`,
      'us-west1-c',
      'projects/p/gcp-s01',
    ]),
  );
});

test('the firewall has the topology’s rules, by network tags, and a rule for health checks', () => {
  const { plan } = lab;
  const carrying = (tags: string[]): string[] =>
    every('Instance')
      .filter(({ inputs }) => tags.some((tag) => inputs.tags.includes(tag)))
      .map(({ name }) => name)
      .sort();
  each(plan.rules, (rule) => {
    const { inputs } = of('Firewall', rule.name);
    expect(inputs).toMatchObject({
      direction: 'INGRESS',
      sourceRanges: rule.sources,
      description: rule.description,
      network: 'projects/p/gcp-s01',
    });
    expect(inputs.allows).toEqual([
      {
        protocol: rule.protocol,
        ...(rule.ports
          ? { ports: [rule.ports[0] === rule.ports[1] ? `${rule.ports[0]}` : rule.ports.join('-')] }
          : {}),
      },
    ]);
    expect(inputs.targetTags).toHaveLength(1);
    expect(carrying(inputs.targetTags)).toEqual(
      plan.nodes
        .filter(({ role }) => rule.targets === 'all' || rule.targets === role)
        .map(({ name }) => name)
        .sort(),
    );
  });
  expect(
    every('Firewall')
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...plan.rules.map(({ name }) => name), 'allow-health-checks'].sort());
});

test('the API’s address forwards to controllers that answer /healthz over HTTPS', () => {
  expect(of('ForwardingRule', 'api').inputs).toMatchObject({
    loadBalancingScheme: 'EXTERNAL',
    ipAddress: '203.0.113.100',
    ipProtocol: 'TCP',
    portRange: '6443',
    backendService: 'https://compute/RegionBackendService/gcp-s01-api',
  });
  expect(of('RegionBackendService', 'api').inputs).toMatchObject({
    loadBalancingScheme: 'EXTERNAL',
    protocol: 'TCP',
    healthChecks: 'https://compute/RegionHealthCheck/gcp-s01-api',
    // The provider refuses a capacityScaler here, and its default mode does not fit.
    backends: [
      {
        group: 'https://compute/InstanceGroup/gcp-s01-controllers-c',
        balancingMode: 'CONNECTION',
      },
    ],
  });
  expect(of('RegionHealthCheck', 'api').inputs.httpsHealthCheck).toEqual({
    port: 6443,
    requestPath: '/healthz',
  });
  expect(of('Firewall', 'allow-health-checks').inputs).toMatchObject({
    sourceRanges: ['35.191.0.0/16', '209.85.152.0/22', '209.85.204.0/22'],
    targetTags: ['gcp-s01-controller'],
    allows: [{ protocol: 'tcp', ports: ['6443'] }],
  });
});

test('the health check and its rule follow apiPort, such as 8080: no other program answers it', async () => {
  const { graph } = await gcpLab({ apiPort: '8080' });
  expect(graph.of('RegionHealthCheck', 'api').inputs.httpsHealthCheck.port).toBe(8080);
  expect(graph.of('Firewall', 'allow-health-checks').inputs.allows).toEqual([
    { protocol: 'tcp', ports: ['8080'] },
  ]);
});

test('each controller’s membership is a resource that is replaced with its instance', () => {
  const members = every('InstanceGroupMembership').map(({ name, inputs }) => [name, inputs]);
  expect(members).toEqual(
    [0, 1, 2].map((i) => [
      `controller-${i}`,
      {
        instanceGroup: 'gcp-s01-controllers-c',
        instance: `https://compute/us-west1-c/gcp-s01-controller-${i}`,
        zone: 'us-west1-c',
      },
    ]),
  );
  each(every('InstanceGroupMembership'), (member) => {
    expect(member.propertyDependencies.instance).toEqual([
      `gcp:compute/instance:Instance ${member.name}`,
    ]);
  });
  // Else the group would compete with its memberships.
  expect(of('InstanceGroup', 'controllers').inputs).not.toHaveProperty('instances');
});

test('each controller’s membership is deleted by a call: Google refuses to add a member twice', () => {
  const members = every('InstanceGroupMembership');
  expect(members.map(({ name }) => name)).toEqual(['controller-0', 'controller-1', 'controller-2']);
  expect(google().filter(({ deletedWith }) => deletedWith)).toEqual([]);
});

test('the load balancer does not wait for a machine', () => {
  const rule = of('ForwardingRule', 'api');
  expect(lab.graph.comesAfter(rule, of('InstanceGroup', 'controllers'))).toBe(true);
  each(every('Instance'), (instance) => {
    expect([instance.name, lab.graph.comesAfter(rule, instance)]).toEqual([instance.name, false]);
  });
});

test('a replaced resource is deleted before its successor is created if both have one name', async () => {
  const elsewhere = (await gcpLab({ zone: 'us-west1-a', stage: 'none' })).graph;
  const fixed = google().filter(({ type, name }) => {
    const kind = type.split(':').pop()!;
    const named = of(kind, name).inputs.name;
    return named !== undefined && named === elsewhere.of(kind, name).inputs.name;
  });
  expect(fixed.filter(({ deleteBeforeReplace }) => !deleteBeforeReplace)).toEqual([]);
  // All but the group, which has another name in another zone, and the memberships, which have none.
  expect(fixed).toHaveLength(google().length - 4);
  expect(of('InstanceGroup', 'controllers').deleteBeforeReplace).toBe(false);
});

test('in another zone the group has another name, and its address stays', async () => {
  const { graph } = await gcpLab({ zone: 'us-west1-a', stage: 'none' });
  expect(graph.of('InstanceGroup', 'controllers').inputs).toMatchObject({
    name: 'gcp-s01-controllers-a',
    zone: 'us-west1-a',
  });
  each(['Address', 'RegionHealthCheck', 'ForwardingRule'], (kind) => {
    expect(graph.of(kind, 'api').inputs).toEqual(of(kind, 'api').inputs);
  });
  const zones = [...graph.every('Instance'), ...graph.every('InstanceGroupMembership')].map(
    ({ inputs }) => inputs.zone,
  );
  expect(zones).toEqual(Array(9).fill('us-west1-a'));
  expect(graph.every('Route').map(({ inputs }) => inputs.nextHopInstanceZone)).toEqual(
    Array(3).fill('us-west1-a'),
  );
});

test('the provider polls operations every two seconds', () => {
  expect(of('gcp', 'gcp').inputs.pollInterval).toBe('2s');
});

test('network, bridge and pods have the same MTU', () => {
  expect(of('Network', 'vpc').inputs.mtu).toBe(1460);
  expect(sent(of('Command', 'machine@worker-0'))).toContain('"mtu": 1460,');
});

test('a login waits for every rule of the topology, and for no pod route', () => {
  const rules = every('Firewall').filter(({ name }) => name !== 'allow-health-checks');
  expect(commands().length).toBeGreaterThan(6);
  each(commands(), (command) => {
    const missing = rules.filter((rule) => !lab.graph.comesAfter(command, rule));
    const routes = every('Route').filter((route) => lab.graph.comesAfter(command, route));
    expect([command.name, missing, routes]).toEqual([command.name, [], []]);
  });
});

test('every session runs again on a replaced machine, and is deleted with its machine', () => {
  each(commands(), ({ name, inputs, deletedWith }) => {
    const machine = name.split('@')[1];
    expect(inputs.triggers[0]).toBe(`number of ${machine}`);
    expect(deletedWith).toBe(`gcp:compute/instance:Instance ${machine}`);
  });
});

test('a machine is replaced only for a new first boot, and after the old one is deleted', () => {
  each(every('Instance'), (instance) => {
    expect(instance).toMatchObject({
      deleteBeforeReplace: true,
      ignoreChanges: ['bootDisk.initializeParams.image', 'bootDisk.initializeParams.labels'],
      replaceOnChanges: ['metadata["user-data"]'],
    });
  });
});

test('only secret values hold a private key', () => {
  const open = (value: any): any => {
    if (isSecret(value)) return undefined;
    if (Array.isArray(value)) return value.map(open);
    return value !== null && typeof value === 'object'
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, open(inner)]))
      : value;
  };
  each(lab.graph.all, ({ name, inputs }) => {
    expect([name, JSON.stringify(open(inputs))]).toEqual([
      name,
      expect.not.stringContaining('PRIVATE'),
    ]);
  });
  each(every('Instance'), ({ inputs }) => {
    expect(bare(inputs.metadata['user-data'])).toContain('PRIVATE');
  });
});

test('labels of every resource name the lab, its state, its owner and its expiry', () => {
  const whose = {
    'hardway-lab': 'gcp-s01',
    'hardway-state': '0a1b2c3d',
    student: 'gcp-s01',
    expires: '2026-12-01t18-00z',
  };
  expect(JSON.parse(of('gcp', 'gcp').inputs.defaultLabels)).toEqual(whose);
  each(google(), ({ name, provider }) => {
    expect([name, provider]).toEqual([name, 'gcp']);
  });
  each(every('Instance'), ({ inputs }) => {
    expect(inputs.bootDisk.initializeParams.labels).toEqual(whose);
  });
});

test('the outputs are the article’s listings, and credentials are secret', () => {
  const { outputs, secrets } = lab;
  expect(outputs.nodes.slice(2, 4)).toEqual([
    { name: 'controller-2', privateIp: '10.240.0.12', publicIp: '203.0.113.12' },
    { name: 'worker-0', privateIp: '10.240.0.20', publicIp: '203.0.113.20' },
  ]);
  expect(outputs).toMatchObject({
    apiServer: 'https://203.0.113.100:6443',
    nodePortUrl: 'http://203.0.113.20:31088',
  });
  expect(outputs.kubeconfig).toContain('server: https://203.0.113.100:6443');
  expect(outputs.knownHosts).toContain('203.0.113.20 public worker-0-host-key\n');
  expect(secrets).toEqual(['kubeconfig', 'sshPrivateKey']);
});

test('the resource graph matches its snapshot', () => {
  expect(describeGraph(lab.graph, ({ type }) => type.startsWith('gcp:'))).toMatchSnapshot();
});
