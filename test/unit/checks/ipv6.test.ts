import { parseConfig } from '../../../components/config';
import { topology } from '../../../components/topology';
import { allChecks, checks } from '../../../checks';
import { checksOf } from '../../../checks/registry';
import { skipReason } from '../../../checks';
import { manifest } from '../../../checks/probes/pod-manifest';
import { parseLookup } from '../../../checks/parsers/listings';
import { configProblems } from '../../../checks/rows/cni';
import { hostProblems, vpcProblems } from '../../../checks/rows/ipv6/routes';
import type { LabOutputs } from '../../../components/outputs';

const ipv4 = parseConfig({ workers: '2' });
const dual = parseConfig({ workers: '2', ipFamily: 'dual' });
const plan = topology(dual);
const outputs = (config: typeof ipv4): LabOutputs =>
  ({ config, topology: topology(config), stage: 'cluster' }) as LabOutputs;

describe('the checks of a lab', () => {
  test('are those of the article in an IPv4 lab', () =>
    expect(checksOf(outputs(ipv4))).toEqual(checks));

  test('are followed by those of IPv6 in a dual-stack lab', () => {
    const ids = checksOf(outputs(dual)).map(({ id }) => id);
    expect(ids.slice(0, checks.length)).toEqual(checks.map(({ id }) => id));
    expect(ids.slice(checks.length)).toHaveLength(14);
    expect(ids.slice(checks.length).filter((id) => !id.startsWith('ipv6.'))).toEqual([]);
  });

  test('of IPv6 are skipped with the reason if an IPv4 lab is asked for one', () => {
    const one = allChecks.find(({ id }) => id === 'ipv6.route.vpc')!;
    expect(skipReason(one, outputs(ipv4))).toBe('the check needs a lab with ipFamily=dual');
    expect(skipReason(one, outputs(dual))).toBeUndefined();
  });
});

test('test services have both families in a dual-stack lab only', () => {
  const plan = { namespace: 'n', workers: ['w'], ready: ['w'], nodePortWorker: 'w' };
  expect(JSON.stringify(manifest(plan))).not.toContain('ipFamilyPolicy');
  const text = JSON.stringify(manifest({ ...plan, dualStack: true }));
  expect(text.split('"ipFamilyPolicy":"PreferDualStack"')).toHaveLength(3);
});

test('nslookup prints the addresses of both families', () => {
  const text =
    'Server:\t\t10.32.0.10\nAddress:\t10.32.0.10:53\n\nName:\tx.svc\nAddress: 10.32.0.94\n\nName:\tx.svc\nAddress: fd00:10:32::2135\n';
  expect(parseLookup(text, 'x.svc')).toEqual(['10.32.0.94', 'fd00:10:32::2135']);
});

describe('the CNI config of a dual-stack worker', () => {
  const plan = { podCidr: '10.200.0.0/24', ipMasq: true, mtu: 1500 };
  const config = (subnets: string[], destinations: string[]): string =>
    JSON.stringify({
      cniVersion: '0.3.1',
      name: 'bridge',
      type: 'bridge',
      bridge: 'cnio0',
      isGateway: true,
      ipMasq: true,
      ipam: {
        type: 'host-local',
        ranges: subnets.map((subnet) => [{ subnet }]),
        routes: destinations.map((dst) => ({ dst })),
      },
    });
  const own = config(['10.200.0.0/24'], ['0.0.0.0/0']);
  const both = config(['10.200.0.0/24', 'fd00:10:200::/64'], ['0.0.0.0/0', '::/0']);

  test('needs both ranges and both routes', () => {
    const dualPlan = { ...plan, podCidr6: 'fd00:10:200::/64' };
    expect(configProblems(both, dualPlan)).toEqual([]);
    expect(configProblems(own, dualPlan)).toHaveLength(1);
  });

  test('has one range in an IPv4 lab', () => {
    expect(configProblems(own, plan)).toEqual([]);
    expect(configProblems(both, plan)).toHaveLength(1);
  });
});

describe('the IPv6 routes of a worker', () => {
  const worker = plan.nodes.find(({ name }) => name === 'worker-1')!;
  const good = [
    { dst: 'fd00:10:200:1::/64', dev: 'cnio0' },
    { dst: 'fd00:10:240::/64', dev: 'eth0' },
    { dst: 'fe80::/64', dev: 'eth0' },
    { dst: 'default', gateway: 'fd00:10:240::1', dev: 'eth0' },
  ];
  const problems = (routes: typeof good): string[] => hostProblems(routes, worker, plan.ipv6!);

  test('follow the plan', () => expect(problems(good)).toEqual([]));

  test('miss the default route', () =>
    expect(problems(good.slice(0, 3))).toEqual([
      'worker-1: no IPv6 default route, expected one via fd00:10:240::1',
    ]));

  test('lead to another gateway', () =>
    expect(
      problems([...good.slice(0, 3), { dst: 'default', gateway: 'fe80::1', dev: 'eth0' }]),
    ).toEqual(['worker-1: default goes via fe80::1, expected fd00:10:240::1']));

  test('miss the links', () =>
    expect(problems(good.slice(2))).toEqual([
      'worker-1: fd00:10:200:1::/64 is not a link on cnio0',
      'worker-1: fd00:10:240::/64 is not a link on eth0',
    ]));

  test('must not have their own route to other pods', () =>
    expect(
      problems([...good, { dst: 'fd00:10:200::/64', gateway: 'fd00:10:240::20', dev: 'eth0' }]),
    ).toEqual([
      expect.stringMatching(/^worker-1: fd00:10:200::\/64 has its own route, via fd00:10:240::20/),
    ]));
});

describe('the IPv6 routes of a worker in a cloud', () => {
  const cloud = topology(parseConfig({ cloud: 'aws', adminCidrs: 'auto', ipFamily: 'dual' }), {
    'worker-1': '2600:1f14:abc:de00::21',
  });
  const worker = cloud.nodes.find(({ name }) => name === 'worker-1')!;
  const problems = (gateway: string): string[] =>
    hostProblems(
      [
        { dst: 'default', gateway, dev: 'ens5' },
        { dst: 'fd00:10:200:1::/64', dev: 'cnio0' },
      ],
      worker,
      cloud.ipv6!,
    );

  test('may have the gateway that the cloud advertises', () =>
    expect(problems('fe80::1')).toEqual([]));

  test('must not have a gateway that no router advertises', () =>
    expect(problems('2600:1f14:abc:de00::1')).toEqual([
      'worker-1: default goes via 2600:1f14:abc:de00::1, expected a link-local address',
    ]));
});

describe("the router's IPv6 routes", () => {
  const good = plan.ipv6!.routes.map(({ destination, nextHopIp }) => ({
    destination,
    nextHop: nextHopIp!,
  }));
  const problems = (table: typeof good): string[] => vpcProblems(table, plan.ipv6!);

  test('follow the plan', () => expect(problems(good)).toEqual([]));

  test('miss a worker', () =>
    expect(problems(good.slice(1))).toEqual([
      'no route for fd00:10:200::/64, expected one to worker-0',
    ]));

  test('miss a worker in one of two tables, which is named', () => {
    const inTable = (table: string, rows: typeof good) => rows.map((row) => ({ ...row, table }));
    expect(
      vpcProblems([...inTable('rtb-1', good), ...inTable('rtb-2', good.slice(1))], plan.ipv6!),
    ).toEqual(['rtb-2: no route for fd00:10:200::/64, expected one to worker-0']);
  });

  test('lead to another worker', () =>
    expect(
      problems([good[0], { destination: good[1].destination, nextHop: 'fd00:10:240::20' }]),
    ).toEqual(['fd00:10:200:1::/64 goes to fd00:10:240::20, expected fd00:10:240::21 (worker-1)']));

  test('have one that is not in the plan', () =>
    expect(
      problems([...good, { destination: 'fd00:10:200:7::/64', nextHop: 'fd00:10:240::20' }]),
    ).toEqual(['fd00:10:200:7::/64 goes to fd00:10:240::20, a route that is not in the plan']));
});
