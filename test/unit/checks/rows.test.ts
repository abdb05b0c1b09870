import { verify } from '../../../checks';
import { nameProblems, viewProblems } from '../../../checks/rows/pods';
import { answering, outputs, route, silent } from '../../support/silent-lab';

describe('route.vpc', () => {
  const reason = async (table: ReturnType<typeof route>[]): Promise<string> =>
    (await verify(silent(outputs(), { routes: async () => table }), { only: ['route.vpc'] }))
      .checks[0].reason;

  test('passes with one route for each worker and unrelated routes', async () => {
    expect(
      await reason([
        route(0),
        route(1),
        route(2),
        { destination: 'default', nextHop: '192.0.2.1', line: '' },
      ]),
    ).toBe('');
  });
  test('names a missing route', async () =>
    expect(await reason([route(0), route(2)])).toContain(
      'no route for 10.200.1.0/24, expected one to worker-1',
    ));
  test('names a route with a wrong next hop', async () => {
    expect(await reason([route(0), route(1, '10.240.0.20'), route(2)])).toContain(
      '10.200.1.0/24 goes to 10.240.0.20, expected 10.240.0.21 (worker-1)',
    );
  });
  test('fails for a pod route that is not in the plan', async () =>
    expect(await reason([route(0), route(1), route(2), route(7)])).toContain('10.200.7.0/24'));
});

describe('cni.config', () => {
  const config = (worker: number, changes: object = {}): string =>
    JSON.stringify({
      cniVersion: '0.3.1',
      name: 'bridge',
      type: 'bridge',
      bridge: 'cnio0',
      isGateway: true,
      ipMasq: true,
      mtu: 1500,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: `10.200.${worker}.0/24` }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
      ...changes,
    });
  const reason = async (
    changes: object,
    lab = outputs({ workers: 1 }),
    plugins = 'bridge\nhost-local\nloopback\n',
  ): Promise<string> => {
    const onNode = answering([
      [/cat /, config(0, changes)],
      [/opt\/cni\/bin/, plugins],
    ]);
    return (await verify(silent(lab, { onNode }), { only: ['cni.config'] })).checks[0].reason;
  };

  test("passes for the article's file", async () => expect(await reason({})).toBe(''));
  test('reads the bridge plugin from the list of plugins that hostPorts make', async () => {
    const { cniVersion, name, ...bridge } = JSON.parse(config(0)) as Record<string, unknown>;
    const list = JSON.stringify({ cniVersion, name, plugins: [bridge, { type: 'portmap' }] });
    const onNode = answering([
      [/cat \/etc\/cni\/net.d\/10-bridge\.conflist/, list],
      [/opt\/cni\/bin/, 'bridge\nhost-local\nloopback\n'],
    ]);
    const lab = outputs({ workers: 1, hostPorts: true });
    const { checks: results } = await verify(silent(lab, { onNode }), { only: ['cni.config'] });
    expect(results[0]).toMatchObject({ status: 'pass', reason: '' });
  });
  test('fails if ipMasq is false, unless the config sets it to false', async () => {
    expect(await reason({ ipMasq: false })).toContain('ipMasq is false, expected true');
    expect(await reason({ ipMasq: false }, outputs({ workers: 1, ipMasq: false }))).toBe('');
  });
  test('fails if the ranges are not doubly nested', async () => {
    expect(
      await reason({
        ipam: {
          type: 'host-local',
          ranges: [{ subnet: '10.200.0.0/24' }],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      }),
    ).toContain('ipam is');
  });
  test('names a missing plugin', async () =>
    expect(await reason({}, outputs({ workers: 1 }), 'bridge\nloopback\n')).toContain(
      'no host-local',
    ));
});

describe('pod.netns', () => {
  const pod = { name: 'nginx-worker-0', ip: '10.200.0.4', node: 'worker-0' };
  const namespace = 'cni-00000000-0000-0000-0000-000000000000';
  const view = { pod, namespace, inode: 7, peer: 9 } as Parameters<typeof viewProblems>[0];
  const row = { inode: 7, processes: 3, pid: 20, command: 'nginx: master process' };
  const named = [{ inode: 7, name: namespace }];
  const pauses = [{ inode: 7, name: '32760' }];

  test('passes if PIDs wrapped, and lsns names another process of the pod', () => {
    const seen = { namespaces: [row], named, pauses };
    expect([...viewProblems(view, seen, namespace), ...nameProblems(seen)]).toEqual([]);
  });

  test('fails if no pause process holds the namespace', () =>
    expect(viewProblems(view, { namespaces: [row], named, pauses: [] }, namespace)).toEqual([
      '7 is owned by nginx: master process, expected pause',
    ]));

  test('fails if the namespace of a pause process has no name', () =>
    expect(nameProblems({ namespaces: [row], named: [], pauses })).toEqual([
      'the namespace 7, of the pause process 32760, has no name in /var/run/netns',
    ]));
});
