import type { RawConfig } from '../../../../components/config';
import { LONGEST_LAB_NAME } from '../../../../util/lab-name';
import { requestMistakes } from '../../../support/discovery';
import { each } from '../../../support/each';
import { gcpLab, type GcpGraph } from '../../../support/gcp-graph';
import { requestsOf } from '../../../support/gcp-requests';
import { graphText } from '../../../support/graph-text';

const PROBES = ['35.191.0.0/16', '209.85.152.0/22', '209.85.204.0/22'];
const CIDRS = ['198.51.100.0/24', '203.0.113.0/24'];
const RAW: RawConfig = {
  nodePortCidrs: JSON.stringify(CIDRS),
  workers: '2',
  loadBalancers: 'default/nginx:80=31080,default/nginx:443=31443,shop/web:80=31090@31091',
};

describe('balancers of services on Google Cloud', () => {
  let lab: GcpGraph;
  let without: GcpGraph;
  beforeAll(async () => {
    lab = await gcpLab(RAW);
    without = await gcpLab({ ...RAW, loadBalancers: '' });
  }, 60_000);

  test('add only resources, which match the snapshot', () => {
    const titles = ({ graph }: GcpGraph): string[] =>
      graph.all.map(({ type, name }) => `${type} ${name}`);
    const known = new Set(titles(without));
    expect(titles(lab)).toEqual(expect.arrayContaining([...known]));
    const added = lab.graph.all.filter(
      ({ type, name }) => type.startsWith('gcp:') && !known.has(`${type} ${name}`),
    );
    expect(graphText(added)).toMatchSnapshot();
  });

  test('forward each port of a service from its address', () => {
    const rules = lab.graph
      .every('ForwardingRule')
      .map(({ name, inputs }) => `${name} ${inputs.ipProtocol} ${inputs.portRange}`);
    expect(rules.sort()).toEqual([
      'api TCP 6443',
      'service-31080-443 TCP 443',
      'service-31080-80 TCP 80',
      'service-31090-80 TCP 80',
    ]);
  });

  test('share one group of all workers, because an instance may be in one balanced group only', () => {
    each(
      lab.graph.every('RegionBackendService').filter(({ name }) => name !== 'api'),
      ({ inputs }) =>
        expect(inputs).toMatchObject({
          loadBalancingScheme: 'EXTERNAL',
          protocol: 'TCP',
          backends: [{ group: 'https://compute/InstanceGroup/gcp-s01-workers-c' }],
        }),
    );
    const members = lab.graph
      .every('InstanceGroupMembership')
      .filter(({ inputs }) => inputs.instanceGroup === 'gcp-s01-workers-c')
      .map(({ name }) => name);
    expect(members.sort()).toEqual(['worker-0', 'worker-1']);
  });

  test.each([
    ['service-31080', 10256],
    ['service-31090', 31091],
  ])('ask kube-proxy for the health of a worker: %s', (name, port) =>
    expect(lab.graph.of('RegionHealthCheck', name).inputs).toMatchObject({
      httpHealthCheck: { port, requestPath: '/healthz' },
    }),
  );

  test('admit nodePortCidrs at ports of services and Google’s probes at health ports only', () => {
    const known = new Set(without.graph.every('Firewall').map(({ name }) => name));
    const rules = lab.graph
      .every('Firewall')
      .filter(({ name }) => !known.has(name))
      .map(({ inputs: { allows, sourceRanges, targetTags } }) =>
        [allows[0].protocol, allows[0].ports, sourceRanges, targetTags].join(' '),
      );
    expect(rules.sort()).toEqual(
      [
        `tcp 80 ${CIDRS} gcp-s01-worker`,
        `tcp 443 ${CIDRS} gcp-s01-worker`,
        `tcp 10256 ${PROBES} gcp-s01-worker`,
        `tcp 31091 ${PROBES} gcp-s01-worker`,
      ].sort(),
    );
  });

  test('admit no client if nodePortCidrs is empty', async () => {
    const closed = await gcpLab({ ...RAW, nodePortCidrs: '[]', stage: 'network' });
    const names = closed.graph.every('Firewall').map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('allow-service-'))).toEqual([]);
    expect(names).toContain('allow-health-10256');
  }, 60_000);

  test('give no permission to nodes', () =>
    each(lab.graph.every('Instance'), ({ inputs }) =>
      expect(inputs.serviceAccount).toBeUndefined(),
    ));

  test('have the address of each service as an output', () =>
    expect(lab.outputs.loadBalancers).toEqual([
      { service: 'default/nginx', address: '203.0.113.100' },
      { service: 'shop/web', address: '203.0.113.100' },
    ]));

  test('match the discovery document, with the longest lab name too', async () => {
    const name = 'g'.repeat(LONGEST_LAB_NAME);
    const loadBalancers = 'default/nginx:65535=31080@32767';
    const found = await requestsOf(
      (await gcpLab({ ...RAW, stage: 'network', loadBalancers }, name)).graph,
    );
    expect([...found.values()].flatMap(requestMistakes)).toEqual([]);
    const names = [...found.values()].map(({ body }) => String((body as { name?: string }).name));
    expect(names).toContain(`${name}-service-31080-65535`);
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(63);
  }, 60_000);
});
