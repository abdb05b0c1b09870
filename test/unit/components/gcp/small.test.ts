import { describeGraph } from '../../../support/graph';
import { bare, type Registered } from '../../../support/mocks';
import { sent, steps } from '../../../support/bootstrap-graph';
import { gcpLab, type GcpGraph } from '../../../support/gcp-graph';
import { each } from '../../../support/each';

let lab: GcpGraph;
const every = (kind: string): Registered[] => lab.graph.every(kind);
const of = (kind: string, name: string): Registered => lab.graph.of(kind, name);
beforeAll(async () => {
  lab = await gcpLab({ profile: 'small' });
}, 60_000);

test('profile small has one controller, two workers and no load balancer', () => {
  expect(
    every('Instance')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['controller-0', 'worker-0', 'worker-1']);
  each(['ForwardingRule', 'InstanceGroup', 'RegionBackendService'], (kind) => {
    expect(every(kind)).toEqual([]);
  });
  expect(every('Firewall').map(({ name }) => name)).not.toContain('allow-health-checks');
});

test('the one public address is the controller’s, and survives its replacement', () => {
  expect(every('Address')).toHaveLength(1);
  const addresses = Object.fromEntries(
    every('Instance').map(({ name, inputs }) => [name, inputs.networkInterfaces[0].accessConfigs]),
  );
  expect(addresses).toEqual({
    'controller-0': [{ natIp: '203.0.113.100' }],
    'worker-0': [],
    'worker-1': [],
  });
  expect(lab.outputs).toMatchObject({
    apiServer: 'https://203.0.113.100:6443',
    nodePortUrl: 'http://203.0.113.100:31088',
  });
  expect(of('Certificate', 'pki-worker-0').inputs.ipAddresses).toEqual(['10.240.0.20']);
});

test('logins to workers go through the controller, with pinned host keys', () => {
  const { connection } = of('Command', 'machine@worker-1').inputs;
  expect(bare(connection)).toMatchObject({
    host: '10.240.0.21',
    hostKey: 'public worker-1-host-key',
    proxy: { host: '203.0.113.100', user: 'ubuntu', hostKey: 'public controller-0-host-key' },
  });
  expect(bare(of('Command', 'machine@controller-0').inputs.connection).proxy).toBeUndefined();
});

test('only workers have the default route through the controller', () => {
  const { inputs } = of('Route', 'way-out');
  expect(inputs).toMatchObject({
    destRange: '0.0.0.0/0',
    nextHopInstance: 'gcp-s01-controller-0',
    nextHopInstanceZone: 'us-west1-c',
  });
  // The VPC's own route to the internet has 1000, and the lowest wins.
  expect(inputs.priority).toBeLessThan(1000);
  const taking = every('Instance')
    .filter((instance) => instance.inputs.tags.some((tag: string) => inputs.tags.includes(tag)))
    .map(({ name }) => name);
  expect(taking.sort()).toEqual(['worker-0', 'worker-1']);
});

test('workers download only after their default route exists', () => {
  each(['worker-0', 'worker-1'], (worker) => {
    const first = of('Command', `machine@${worker}`);
    expect(lab.graph.comesAfter(first, of('Route', 'way-out'))).toBe(true);
    expect(lab.graph.comesAfter(first, of('Command', 'gateway@controller-0'))).toBe(true);
    // The gateway's own downloads are left out.
    expect(lab.graph.comesAfter(first, of('Command', 'machine@controller-0'))).toBe(false);
  });
  expect(steps(of('Command', 'gateway@controller-0'))).toEqual(['ready', 'gateway']);
});

test('the gateway forwards packets even after all sysctl files are read again', () => {
  const text = sent(of('Command', 'gateway@controller-0'));
  expect(text).toContain('net.ipv4.ip_forward = 1\n');
  expect(text).toContain('sysctl --quiet --load=/etc/sysctl.d/99-hardway-gateway.conf');
  // Each name of a tar archive ends with a zero byte.
  const files = [...text.matchAll(/etc\/sysctl\.d\/([^\s\0]+)\0/g)].map(([, name]) => name);
  expect(files).toEqual(['99-hardway-gateway.conf']);
  // Google's file sets 0. Files are read in the order of their names, and the last value stays.
  expect(files[0] > '60-gce-network-security.conf').toBe(true);
});

test('the firewall admits NodePorts to the controller, which forwards them', () => {
  expect(of('Firewall', 'allow-nodeports').inputs.targetTags).toEqual(['gcp-s01']);
  expect(sent(of('Command', 'gateway@controller-0'))).toContain('dnat to 10.240.0.20');
});

test('the resource graph matches its snapshot', () => {
  expect(describeGraph(lab.graph, ({ type }) => type.startsWith('gcp:'))).toMatchSnapshot();
});
