import { overlap6 } from '../../../../util/cidr6';
import { readOutputs, type StackOutputs } from '../../../../components/outputs';
import { requestMistakes } from '../../../support/discovery';
import { sent } from '../../../support/bootstrap-graph';
import { bare } from '../../../support/mocks';
import { each } from '../../../support/each';
import { gcpLab, GOOGLE6, type GcpGraph } from '../../../support/gcp-graph';
import { requestsOf } from '../../../support/gcp-requests';
import { addedResources, graphText, titlesOf } from '../../../support/graph-text';

describe.each(['full', 'small'])('a dual-stack lab on Google Cloud in profile %s', (profile) => {
  let lab: GcpGraph;
  let ipv4: GcpGraph;
  beforeAll(async () => {
    [lab, ipv4] = [await gcpLab({ profile, ipFamily: 'dual' }), await gcpLab({ profile })];
  }, 60_000);

  test('differs from an IPv4 lab as in the snapshot', () =>
    expect(
      graphText(addedResources('gcp', { all: lab.graph.all, others: ipv4.graph.all })),
    ).toMatchSnapshot());

  test('keeps every resource of an IPv4 lab', () =>
    expect(titlesOf(lab.graph.all)).toEqual(expect.arrayContaining(titlesOf(ipv4.graph.all))));

  test('creates its resources with requests that match the discovery document', () => {
    const requests = requestsOf(lab.graph);
    const mistakes = [...requests].flatMap(([resource, request]) =>
      requestMistakes(request).map((mistake) => `${resource}: ${mistake}`),
    );
    expect(mistakes).toEqual([]);
    expect(requests.size).toBe(requestsOf(ipv4.graph).size + 3 + lab.plan.ipv6!.routes.length);
  });

  test('replaces the network if ipFamily changes, in both directions', () =>
    each([lab, ipv4], ({ graph }) =>
      expect(graph.of('Network', 'vpc').replaceOnChanges).toEqual(['enableUlaInternalIpv6']),
    ));

  test('routes each worker’s pods to its instance, outside of Google’s own IPv6 networks', () => {
    const routes = lab.graph
      .every('Route')
      .filter(({ inputs }) => inputs.destRange.includes(':'))
      .map(({ inputs }) => [inputs.destRange as string, inputs.nextHopInstance]);
    expect(routes).toEqual(
      lab.plan.ipv6!.routes.map(({ destination, nextHop }) => [destination, `gcp-s01-${nextHop}`]),
    );
    each(routes, ([destination]) => expect(overlap6(destination, 'fd20::/20')).toBe(false));
  });

  test('admits IPv6 packets of the subnet and the pods only', () => {
    const rules = lab.graph
      .every('Firewall')
      .filter(({ inputs }) => inputs.sourceRanges.join().includes(':'))
      .map(({ inputs }) => [inputs.allows[0].protocol, ...inputs.sourceRanges]);
    expect(rules.sort()).toEqual(
      ['58', 'tcp', 'udp'].map((protocol) => [protocol, GOOGLE6, 'fd00:10:200::/48']),
    );
  });

  test('gives no node an external IPv6 address', () =>
    each(lab.graph.every('Instance'), ({ inputs: { networkInterfaces } }) => {
      expect(networkInterfaces[0].stackType).toBe('IPV4_IPV6');
      expect(networkInterfaces[0]).not.toHaveProperty('ipv6AccessConfigs');
    }));

  test('keeps pods from the metadata server at its IPv6 address', () => {
    const wall = '-d fd20:ce::254 -j REJECT';
    each(lab.graph.every('Instance'), ({ name, inputs }) => {
      const data = String(bare(bare(inputs.metadata)['user-data']));
      const [, rule] = /- ip6tables\n([^]*?)(?=\n\S|\n *- - |$)/.exec(data) ?? [];
      expect(rule?.replace(/^ *- /gm, '').replace(/\n/g, ' ').trim()).toBe(`-w -A FORWARD ${wall}`);
      expect(sent(lab.graph.of('Command', `machine@${name}`))).toContain(`${wall}\n`);
    });
  });

  test('registers each worker with the address that Google chose', () => {
    const { nodes, ipv6 } = readOutputs(lab.outputs as unknown as StackOutputs).topology;
    const workers = nodes.filter(({ role }) => role === 'worker');
    each(workers, ({ name, privateIp, privateIp6 }) => {
      expect(privateIp6).toMatch(/^fd20:abc:def:1:/);
      expect(sent(lab.graph.of('Command', `machine@${name}`))).toContain(
        `--node-ip=${privateIp},${privateIp6}\n`,
      );
    });
    expect(ipv6!.routes.map(({ nextHopIp }) => nextHopIp)).toEqual(
      workers.map(({ privateIp6 }) => privateIp6),
    );
  });
});

test('an IPv4 lab on Google Cloud has no IPv6 in any input', async () => {
  const { graph } = await gcpLab();
  const inputs = graph.all.filter(({ type }) => type.startsWith('gcp:')).map((one) => one.inputs);
  expect(inputs.length).toBeGreaterThan(20);
  expect(JSON.stringify(inputs)).not.toMatch(/ipv6|ip6tables|::/i);
});
