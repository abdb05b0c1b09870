import { checks, downReport, renderReport, skipReason, verify } from '../../../checks';
import { pointToCauses } from '../../../checks/root-cause';
import type { CheckResult } from '../../../checks/check';
import type { Access, Ran } from '../../../checks/access';
import { articleConfig } from '../../support/article-config';
import type { LabConfig } from '../../../components/config';
import type { LabOutputs } from '../../../components/outputs';
import { topology } from '../../../components/topology';

const IDS = [
  'nodes.ping',
  'nodes.list',
  'cni.config',
  'pod.netns',
  'pod.processes',
  'pod.containers',
  'pod.describe',
  'pod.veth',
  'pod.bridge',
  'route.pod',
  'route.host',
  'route.vpc',
  'nat.ping',
  'nat.masq.source',
  'nat.masq.dest',
  'nat.counter',
  'nat.off',
  'svc.dns',
  'svc.chains',
  'svc.same-node',
  'nodeport.reach',
  'nodeport.entry',
  'nodeport.exit',
  'nodeport.chains',
];

function outputs(overrides: Partial<LabConfig> = {}): LabOutputs {
  const config: LabConfig = {
    ...articleConfig,
    adminCidrs: ['192.0.2.0/24'],
    nodePortCidrs: ['192.0.2.0/24'],
    ...overrides,
  };
  const plan = topology(config);
  const nodes = plan.nodes.map(({ name, privateIp }) => ({
    name,
    privateIp,
    publicIp: privateIp.replace('10.240.0', '198.18.0'),
  }));
  const { cloud, stage, ipMasq, proxyMode, publicPool, region, project } = config;
  return {
    lab: 'test',
    config,
    cloud,
    stage,
    ipMasq,
    proxyMode,
    publicPool,
    region,
    project,
    topology: plan,
    nodes,
    apiServer: '',
    nodePortUrl: '',
    knownHosts: '',
    kubeconfig: '',
    sshPrivateKey: '',
    expires: '',
    bootstrapped: '',
    router: 'router',
  };
}

/** Access to a lab with unreachable nodes and API. */
function silent(
  lab: LabOutputs,
  overrides: Partial<Access> = {},
): Access & { kubectlCalls: string[][] } {
  const kubectlCalls: string[][] = [];
  const gone = async (): Promise<Ran> => ({ code: 255, stdout: '', stderr: 'no route to host' });
  return {
    outputs: lab,
    kubectlCalls,
    onNode: gone,
    start: async () => Promise.reject(new Error('no route to host')),
    hold: async () => Promise.reject(new Error('no route to host')),
    kubectl: async (args) => {
      kubectlCalls.push(args);
      // With nodes that answer, the API is ready, but all other requests fail.
      return args.includes('/readyz') && overrides.onNode
        ? { code: 0, stdout: 'ok', stderr: '' }
        : gone();
    },
    http: async () => Promise.reject(new Error('no route to host')),
    routes: async () => Promise.reject(new Error('no such namespace')),
    loadBalancer: async () => Promise.reject(new Error('no such namespace')),
    close: async () => undefined,
    ...overrides,
  };
}

/** Answers the scripts of `type`: each command with the text of the first pattern that it matches. */
function answering(answers: [RegExp, string][]): Access['onNode'] {
  return async (_node, script) => {
    const stdout = script
      .split(/printf '\\n--hardway-verify-exit %d\\n' \$\?\n?/)
      .filter((command) => command.trim() !== '')
      .map(
        (command) =>
          `${answers.find(([pattern]) => pattern.test(command))?.[1] ?? ''}\n\n--hardway-verify-exit 0\n`,
      )
      .join('');
    return { code: 0, stdout, stderr: '' };
  };
}

const route = (index: number, nextHop = `10.240.0.2${index}`) => ({
  destination: `10.200.${index}.0/24`,
  nextHop,
  line: `10.200.${index}.0/24 via ${nextHop} dev br0`,
});

const LB_IDS = ['lb.address', 'lb.reach', 'lb.chains', 'lb.local.source', 'lb.health'];

test("the checks of every lab are the article's rows in the article's order", () => {
  expect(checks.map(({ id }) => id)).toEqual(IDS);
});

describe('rows of the load balancer', () => {
  test('follow those of the article in a lab with loadBalancer', async () => {
    const report = await verify(silent(outputs({ loadBalancer: true })));
    expect(report.checks.map(({ id }) => id)).toEqual([...IDS, ...LB_IDS]);
  });

  test('are missing in other labs', async () => {
    const report = await verify(silent(outputs()));
    expect(report.checks.map(({ id }) => id)).toEqual(IDS);
  });

  test('are skipped with the reason if they are named in another lab', async () => {
    const { checks: rows } = await verify(silent(outputs()), { only: ['lb.reach'] });
    expect(rows).toMatchObject([
      { id: 'lb.reach', status: 'skip', reason: 'the check needs a lab with loadBalancer=true' },
    ]);
  });
});

test('downReport fails every check with the given reason', () => {
  const report = downReport('local', 'local', 'the lab is not up: run lab up');
  expect(report).toMatchObject({
    lab: 'local',
    cloud: 'local',
    passed: 0,
    failed: IDS.length,
    skipped: 0,
  });
  expect(new Set(report.checks.map(({ reason }) => reason))).toEqual(
    new Set(['the lab is not up: run lab up']),
  );
  expect(Object.keys(report.checks[0]).sort()).toEqual([
    'command',
    'evidence',
    'expected',
    'id',
    'node',
    'reason',
    'status',
    'title',
  ]);
});

test('verify reports a failure of every check if neither nodes nor API answer', async () => {
  const report = await verify(silent(outputs()));
  expect(report.failed).toBe(IDS.length);
  expect(report.checks.every(({ reason }) => reason !== '')).toBe(true);
});

test('verify asks an API that does not answer once, and gives that reason for each check', async () => {
  const access = silent(outputs());
  const told: string[] = [];
  const report = await verify(access, {
    only: ['pod.describe', 'svc.dns', 'nat.ping'],
    report: (event) => told.push(event.kind),
  });
  expect(access.kubectlCalls).toEqual([['get', '--raw', '/readyz', '--request-timeout=5s']]);
  expect(report.checks.find(({ id }) => id === 'svc.dns')!.reason).toMatch(
    /^the API at .*does not answer \(no route to host\): look at `\.\/lab status`/,
  );
  expect(told).not.toContain('leftover');
});

test('verify runs only the selected checks, and names the known ids if an id is unknown', async () => {
  const report = await verify(
    silent(outputs(), { routes: async () => [0, 1, 2].map((index) => route(index)) }),
    { only: ['route.vpc'] },
  );
  expect(report.checks.map(({ id, status }) => [id, status])).toEqual([['route.vpc', 'pass']]);
  await expect(verify(silent(outputs()), { only: ['route.vcp'] })).rejects.toThrow(
    /route\.vcp.*route\.vpc/,
  );
});

test('verify creates no pods for checks without pods', async () => {
  const access = silent(outputs());
  await verify(access, { only: ['route.vpc', 'nodes.ping', 'cni.config'] });
  expect(access.kubectlCalls).toEqual([]);
});

test('verify prints the reason that no node answers once, with the list of nodes', async () => {
  const lab = outputs();
  const onNode: Access['onNode'] = async (name) => {
    const { publicIp } = lab.nodes.find((node) => node.name === name)!;
    const stderr = `ssh: connect to host ${publicIp} port 22: No route to host`;
    return { code: 255, stdout: '', stderr };
  };
  const report = await verify(silent(lab, { onNode }));
  const lines = renderReport(report, { colour: false }).split('\n');
  const reasons = lines.filter((line) => /^ +reason .*no answer over SSH/.test(line));
  expect(reasons).toEqual([
    expect.stringMatching(
      /^ {2}reason {4}controller-0, controller-1, controller-2, worker-0, worker-1 and worker-2: no answer over SSH \(No route to host\): look at `\.\/lab status`/,
    ),
  ]);
  expect(lines).toContainEqual(expect.stringMatching(/^nodes\.ping, nodes\.list, cni\.config.*:$/));
});

test('verify keeps the other problems of a check if one node does not answer', async () => {
  const answer = answering([
    [/cat /, '{}'],
    [/cni\/bin/, 'bridge\nhost-local\nloopback\n'],
  ]);
  const onNode: Access['onNode'] = async (name, script) =>
    name === 'worker-1' ? { code: 255, stdout: '', stderr: 'timeout' } : answer(name, script);
  const report = await verify(silent(outputs(), { onNode }), { only: ['cni.config'] });
  expect(report.checks[0].reason).toMatch(
    /worker-1: no answer over SSH \(timeout\); worker-2: .*: correct the file/,
  );
});

const active: Partial<Access> = {
  onNode: async () => ({ code: 0, stdout: 'active\nactive\n', stderr: '' }),
};

test('verify deletes the test pods even if the check fails', async () => {
  const access = silent(outputs(), active);
  await verify(access, { only: ['pod.netns'] });
  const namespace = access.kubectlCalls.find((args) => args.includes('create'))![1];
  expect(access.kubectlCalls).toContainEqual(['-n', namespace, 'delete', 'pods,services', '--all']);
  expect(access.kubectlCalls.at(-1)).toEqual(
    expect.arrayContaining(['delete', 'namespace', namespace]),
  );
});

test('two runs have different namespaces for their test pods', async () => {
  const accesses = [silent(outputs(), active), silent(outputs(), active)];
  await Promise.all(accesses.map((access) => verify(access, { only: ['pod.netns'] })));
  const [one, other] = accesses.map(
    ({ kubectlCalls }) => kubectlCalls.find((args) => args.includes('create'))![1],
  );
  expect(one).not.toBe(other);
});

test('verify deletes the leftovers of a killed run, but not the pods of another run', async () => {
  const made = (name: string, secondsAgo: number): object => ({
    metadata: { name, creationTimestamp: new Date(Date.now() - secondsAgo * 1000).toISOString() },
  });
  const namespaces = JSON.stringify({ items: [made('old', 3600), made('young', 20)] });
  const calls: string[][] = [];
  const kubectl = async (args: string[]): Promise<Ran> => {
    calls.push(args);
    return {
      code: 0,
      stdout: args.includes('namespaces') ? namespaces : '{"items":[]}',
      stderr: '',
    };
  };
  await verify(silent(outputs(), { ...active, kubectl }), { only: ['pod.netns'] });
  expect(calls.filter((args) => args[0] === 'delete').map((args) => args[2])).toEqual([
    'old',
    expect.stringMatching(/^hardway-verify-/),
  ]);
});

test('verify names the stopped service if no pod can start on a worker', async () => {
  const onNode: Access['onNode'] = async (node) => ({
    code: 3,
    stdout: node === 'worker-0' ? 'inactive\nactive\n' : 'active\nactive\n',
    stderr: '',
  });
  const report = await verify(silent(outputs(), { onNode }), { only: ['pod.containers'] });
  expect(report.checks[0].reason).toMatch(
    /^containerd is inactive on worker-0: look at .*journalctl -u containerd/,
  );
});

test('verify reports leftovers if the test pods could not be deleted', async () => {
  const events: string[] = [];
  await verify(silent(outputs(), active), {
    only: ['pod.netns'],
    report: (event) => events.push(event.kind),
  });
  expect(events).toEqual(['start', 'check', 'leftover']);
});

test('a dead APIService is reported as the reason that the namespace stays', async () => {
  const api = (name: string, status: string): object => ({
    metadata: { name },
    status: { conditions: [{ type: 'Available', status }] },
  });
  const items = [api('v1.', 'True'), api('v1beta1.metrics.k8s.io', 'False')];
  const kubectl = async (args: string[]): Promise<Ran> => ({
    code: 0,
    stdout: JSON.stringify({ items: args.includes('apiservices') ? items : [] }),
    stderr: '',
  });
  const messages: string[] = [];
  await verify(silent(outputs(), { ...active, kubectl }), {
    only: ['pod.netns'],
    report: (event) => (event.kind === 'leftover' ? messages.push(event.message) : undefined),
  });
  expect(messages).toEqual([
    expect.stringMatching(
      /^the empty namespace hardway-verify-\w+ stays in Terminating, because v1beta1\.metrics\.k8s\.io does not answer/,
    ),
  ]);
});

test('verify deletes the test pods and rejects if the signal is aborted', async () => {
  const stop = new AbortController();
  const access = silent(outputs(), {
    onNode: (_node, script) =>
      script.startsWith('systemctl') ? active.onNode!('', '') : new Promise(() => undefined),
    kubectl: async (args) => {
      access.kubectlCalls.push(args);
      if (args.includes('create')) stop.abort(new Error('interrupted'));
      return { code: 0, stdout: '{"items":[]}', stderr: '' };
    },
  });
  await expect(
    verify(access, { only: ['pod.netns', 'nodes.ping'], signal: stop.signal }),
  ).rejects.toThrow('interrupted');
  expect(access.kubectlCalls).toContainEqual(expect.arrayContaining(['delete', 'namespace']));
});

describe('skipReason', () => {
  const skipped = (overrides: Partial<LabConfig>): string[] =>
    checks
      .filter((check) => skipReason(check, outputs(overrides)) !== undefined)
      .map(({ id }) => id);

  test('skips no check on the default lab', () => expect(skipped({})).toEqual([]));
  test('skips svc.dns with stage network', () =>
    expect(skipped({ stage: 'network' })).toEqual(['svc.dns']));
  test('skips all checks but those of nodes and router with stage none', () => {
    expect(IDS.filter((id) => !skipped({ stage: 'none' }).includes(id))).toEqual([
      'nodes.ping',
      'nodes.list',
      'route.vpc',
    ]);
  });
  test('skips the checks between workers if the lab has one worker', () => {
    expect(skipped({ workers: 1 })).toEqual([
      'nat.ping',
      'nat.masq.source',
      'nat.masq.dest',
      'nat.counter',
      'nat.off',
      'nodeport.entry',
      'nodeport.exit',
    ]);
  });
  test('skips the checks of masquerading if ipMasq is false', () =>
    expect(skipped({ ipMasq: false })).toEqual([
      'nat.masq.source',
      'nat.masq.dest',
      'nat.counter',
    ]));
  test('skips nodeport.reach if nodePortCidrs is empty', () =>
    expect(skipped({ nodePortCidrs: [] })).toEqual(['nodeport.reach']));
});

describe('pointToCauses', () => {
  const result = (
    id: string,
    status: CheckResult['status'],
    reason = `${id} seen so`,
  ): CheckResult => ({
    id,
    title: '',
    node: '',
    command: '',
    expected: '',
    evidence: '',
    status,
    reason,
  });
  const reasons = (...failed: string[]): Record<string, string> =>
    Object.fromEntries(
      pointToCauses(IDS.map((id) => result(id, failed.includes(id) ? 'fail' : 'pass'))).map(
        ({ id, reason }) => [id, reason],
      ),
    );

  test('follows dependencies that exist and have no cycle', () => {
    const below = (id: string, above: string[] = []): void => {
      expect(above).not.toContain(id);
      for (const one of checks.find((check) => check.id === id)!.dependsOn ?? []) {
        expect(IDS).toContain(one);
        below(one, [...above, id]);
      }
    };
    IDS.forEach((id) => below(id));
  });
  test('names the root cause of each failed check once', () => {
    const {
      'nat.masq.dest': dest,
      'nat.ping': ping,
      'route.vpc': vpc,
    } = reasons('route.vpc', 'nat.ping', 'nat.masq.dest');
    expect(dest).toBe('first repair what route.vpc shows; nat.masq.dest seen so');
    expect(ping).toBe('first repair what route.vpc shows; nat.ping seen so');
    expect(vpc).toBe('route.vpc seen so');
  });
  test('lists several root causes', () =>
    expect(reasons('nodes.ping', 'cni.config', 'route.vpc', 'nat.ping')['nat.ping']).toMatch(
      /^first repair what nodes\.ping, cni\.config and route\.vpc show; /,
    ));
  test('does not name a check that failed for the same reason', () => {
    expect(
      pointToCauses(['route.vpc', 'nat.ping'].map((id) => result(id, 'fail', 'no API'))).map(
        ({ reason }) => reason,
      ),
    ).toEqual(['no API', 'no API']);
  });
  test('keeps the reason if no dependency failed', () =>
    expect(reasons('nat.ping')['nat.ping']).toBe('nat.ping seen so'));
});

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
