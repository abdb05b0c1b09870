import { ORDER } from '../../../checks/registry';
import { checks, downReport, renderReport, skipReason, verify } from '../../../checks';
import type { Access, Ran } from '../../../checks/access';
import type { LabConfig } from '../../../components/config';
import { answering, IDS, outputs, route, silent } from '../../support/silent-lab';

const LB_IDS = ['lb.address', 'lb.reach', 'lb.chains', 'lb.local.source', 'lb.health'];

test("the checks of every lab are the article's rows in the article's order", () => {
  expect(IDS).toEqual(ORDER);
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
