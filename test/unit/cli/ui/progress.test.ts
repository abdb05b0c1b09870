import { byOrigin } from '../../../../cli/doctor/programs';
import { foreignRoutes } from '../../../../provider/local/shared/address-pool';
import { engineFailure, plainMessage, runFailure } from '../../../../cli/engine/errors';
import { EngineProgress } from '../../../../cli/engine/progress';
import { CloudError } from '../../../../components/cloud';
import { ConfigError } from '../../../../components/config';
import { distance, nearest } from '../../../../util/suggest';
import {
  type NodeState,
  judge,
  nodeStates,
  stepsToRepeat,
} from '../../../../cli/actions/node-state';
import { differences, upRepairs } from '../../../../cli/lab/status';
import type { Failure } from '../../../../cli/errors';
import type { Access } from '../../../../checks';
import { progressOn } from '../../../../cli/ui/progress';
import { resourceTitle } from '../../../../cli/engine/urn';
import { age, formatDuration } from '../../../../cli/ui/duration';

const urn = (type: string, name: string): string =>
  `urn:pulumi:local::hardway-lab::hardway:lab:Lab$${type}::${name}`;
const event = (kind: string, op: string, resource: string): any => ({
  [kind]: { metadata: { op, urn: resource } },
});

function screen(isTTY = false): {
  lines: () => string[];
  text: () => string;
  write(text: string): void;
  isTTY: boolean;
  columns: number;
  rows: number;
} {
  let text = '';
  return {
    write: (more) => void (text += more),
    text: () => text,
    lines: () => text.trim().split('\n'),
    isTTY,
    columns: 60,
    rows: 24,
  };
}

describe('progress', () => {
  test('prints a plain line with its seconds in a pipe when a step ends', () => {
    const out = screen();
    const progress = progressOn(out);
    const first = progress.begin('etcd');
    progress.begin('runc').failed();
    first.done('built');
    progress.close();
    expect(out.lines()).toEqual(['FAIL runc (0.0 s)', 'ok   etcd: built (0.0 s)']);
  });

  test('shows the summary once a minute in a pipe, instead of a line per running step', () => {
    jest.useFakeTimers();
    try {
      const out = screen();
      const progress = progressOn(out);
      progress.summarize(() => '42 % done');
      progress.begin('etcd').update('building');
      progress.begin('runc');
      jest.advanceTimersByTime(121_000);
      progress.close();
      expect(out.lines()).toEqual(Array(2).fill('...  42 % done; now: etcd, runc'));
    } finally {
      jest.useRealTimers();
    }
  });

  test('shows the summary below the running steps on a terminal', () => {
    const out = screen(true);
    const progress = progressOn(out);
    progress.summarize(() => '42 % done');
    progress.begin('etcd');
    progress.begin('runc').done();
    expect(out.lines().at(-1)).toContain('42 % done');
    progress.close();
  });

  test('shows whole lines on a terminal without a known size', () => {
    const out = { ...screen(true), columns: 0, rows: 0 };
    const progress = progressOn(out);
    progress.summarize(() => '42 % done, about 7 min left');
    for (const title of ['etcd', 'runc', 'containerd']) progress.begin(title).update('building');
    progress.begin('crictl').done();
    expect(out.text()).toContain('42 % done, about 7 min left');
    expect(out.text()).toContain('containerd: building');
    progress.close();
  });

  test('keeps the lines of ended steps on a terminal, and erases the list of running ones', () => {
    const out = screen(true);
    const progress = progressOn(out);
    progress.begin('etcd').update('building');
    progress.begin('runc').done();
    expect(out.text()).toContain('etcd: building');
    progress.close();
    expect(out.text().endsWith('\x1b[1A\r\x1b[J')).toBe(true);
  });

  test('shows each line of the program once, without the engine’s colours', () => {
    const out = screen();
    const shown = new EngineProgress(progressOn(out), 'comparing');
    const said = (severity: string, message: string, resource = ''): any => ({
      diagnosticEvent: { severity, message, urn: resource, color: 'never' },
    });
    const line = "<{%reset%}>auto: this host's public address is 203.0.113.7<{%reset%}>\n";
    shown.handle(said('info', line));
    shown.handle(said('info', line));
    shown.handle(
      said(
        'warning',
        'adminCidrs has 0.0.0.0/0',
        'urn:pulumi:gcp::hardway-lab::pulumi:pulumi:Stack::hardway-lab-gcp',
      ),
    );
    shown.handle(said('info', 'output of a step', urn('command:remote:Command', 'machine')));
    shown.handle(said('info#err', 'noise'));
    expect(out.lines()).toEqual([
      "auto: this host's public address is 203.0.113.7",
      'adminCidrs has 0.0.0.0/0',
    ]);
  });

  test.each([
    [3.21, '3.2 s'],
    [41.2, '41 s'],
    [307, '5 min 07 s'],
    [59.7, '1 min 00 s'],
  ])('formats %d seconds as %s', (seconds, words) => {
    expect(formatDuration(seconds)).toBe(words);
  });
});

describe("the engine's events", () => {
  test('become one step per created, changed or removed resource, and none per component or unchanged one', () => {
    const out = screen();
    const shown = new EngineProgress(progressOn(out), 'comparing');
    const machine = urn('hardway:local:Instance', 'worker-1');
    for (const kind of ['resourcePreEvent', 'resOutputsEvent']) {
      shown.handle(event(kind, 'same', urn('hardway:local:Route', 'r')));
      shown.handle(event(kind, 'create', 'urn:pulumi:local::hardway-lab::hardway:lab:Lab::local'));
      shown.handle(event(kind, 'refresh', machine));
      shown.handle(event(kind, 'create', machine));
    }
    shown.finish();
    expect(out.lines().map((line) => line.replace(/ \([\d.]+ s\)/, ''))).toEqual([
      'ok   comparing',
      'ok   node worker-1',
    ]);
    expect(shown.changed).toBe(1);
  });

  test.each([
    ['hardway:local:FirewallRule', 'allow-ssh', 'firewall rule allow-ssh'],
    ['command:remote:Command', 'objects@controller-0', 'controller-0 · rbac, pods'],
    ['command:remote:Command', 'gateway@controller-0', 'controller-0 · ready, gateway'],
    ['aws:ec2/securityGroupRule:SecurityGroupRule', 'x', 'security group rule x'],
  ])('%s %s reads "%s"', (type, name, title) => {
    expect(resourceTitle(urn(type, name))).toBe(title);
  });
});

describe('a failure of the engine', () => {
  const stack = 'urn:pulumi:local::hardway-lab::pulumi:pulumi:Stack::hardway-lab-local';

  test('shows the program’s message without stack frames and colours', () => {
    expect(
      plainMessage(
        '\x1b[31merror: \x1b[0mUnhandled exception: two mistakes\n  - a\n    at Lab (/x/lab.ts:1:2)\n',
      ),
    ).toBe('two mistakes\n  - a');
  });

  test('is one line without the engine’s output if the engine was killed', () => {
    const error = new Error(
      'code: -2\n stdout: \n stderr: Command was killed with SIGKILL (Forced termination): pulumi up\nUpdating\n lots\n err?: Error: x',
    );
    expect(engineFailure(error).message).toBe(
      'The Pulumi engine was killed (SIGKILL) before it ended.',
    );
  });

  test('shows the engine’s standard error', () => {
    expect(
      engineFailure(new Error('code: 255\n stdout: Updating\n stderr: error: no such stack\n'))
        .message,
    ).toBe('no such stack');
  });

  const ofProgram = (error: Error): Failure =>
    runFailure(
      [
        {
          urn: stack,
          message: `Unhandled exception: ${error.message}\n`,
          color: '',
          severity: 'error',
        },
      ],
      '',
      'cure',
    );

  test.each([[['workers is 12']], [['workers is 12', 'cloud is "x"']]])(
    'has exit code 2 and the config’s mistakes if the program refused the config: %s',
    (mistakes) => {
      const failure = ofProgram(new ConfigError(mistakes));
      expect([failure.exitCode, failure.message]).toEqual([2, new ConfigError(mistakes).message]);
    },
  );

  test('has exit code 3 if the program lacks credentials', () => {
    const failure = ofProgram(
      new CloudError('There are no AWS credentials here: run `aws configure`.'),
    );
    expect([failure.exitCode, failure.message]).toEqual([
      3,
      'There are no AWS credentials here: run `aws configure`.',
    ]);
  });

  test('has exit code 3 and names each failed resource, without summaries', () => {
    const failure = runFailure(
      [
        {
          urn: urn('hardway:local:Instance', 'worker-0'),
          message: 'no sshd',
          color: '',
          severity: 'error',
        },
        { urn: stack, message: 'update failed', color: '', severity: 'error' },
      ],
      '',
      'cure',
    );
    expect([failure.exitCode, failure.message]).toEqual([3, 'node worker-0: no sshd']);
  });

  test('prints a message that several resources share once, with the resources', () => {
    const of = (name: string, message: string) => ({
      urn: urn('hardway:local:Instance', name),
      message,
      color: '',
      severity: 'error' as const,
    });
    const failed = [
      of('worker-0', 'no sshd'),
      of('worker-1', 'no sshd'),
      of('worker-2', 'no disk'),
    ];
    expect(runFailure(failed, '', 'cure').message).toBe(
      'node worker-0; node worker-1: no sshd\nnode worker-2: no disk',
    );
  });
});

describe('the state of a node', () => {
  const node = { name: 'worker-0', privateIp: '10.240.0.20', publicIp: '198.18.0.20' };

  test('names edited files, dead services, missing steps and the sessions to repeat', () => {
    const state = judge(
      node,
      {
        node: 'worker-0',
        files: [
          { step: 'cni', path: '/etc/cni/net.d/10-bridge.conf', state: 'changed' },
          { step: 'ready', path: '/etc/hosts', state: 'ok' },
        ],
        units: [
          { unit: 'kube-proxy', active: 'failed' },
          { unit: 'containerd', active: 'active' },
        ],
        objects: [{ step: 'registration', object: 'Node worker-0', state: 'is cordoned' }],
      },
      ['ready', 'cni', 'certificates'],
    );
    expect(state).toMatchObject({
      edited: [{ step: 'cni' }],
      inactive: [{ unit: 'kube-proxy' }],
      undone: ['certificates'],
      objects: [{ object: 'Node worker-0' }],
    });
    expect(stepsToRepeat(state).sort()).toEqual([
      'control-plane@worker-0',
      'machine@worker-0',
      'objects@worker-0',
      'registration@worker-0',
      'workloads@worker-0',
    ]);
    expect(stepsToRepeat({ ...state, edited: [], inactive: [], undone: [] })).toEqual([
      'registration@worker-0',
    ]);
  });

  test('gives `up` nothing to do for an object that only the student can repair', () => {
    const object = { step: 'pods', object: 'APIService v1.dead', state: 'does not answer' };
    const report = { node: 'controller-0', files: [], units: [] };
    const judged = (cure?: string): NodeState =>
      judge(node, { ...report, objects: [{ ...object, cure }] }, []);
    expect(stepsToRepeat(judged('delete it'))).toEqual([]);
    expect(upRepairs({ nodes: [judged('delete it')], drift: [] })).toBe(false);
    expect(differences({ nodes: [judged('delete it')], drift: [] })).toEqual([
      'worker-0: APIService v1.dead does not answer: delete it',
    ]);
    expect(stepsToRepeat(judged())).toContain('objects@worker-0');
    expect(upRepairs({ nodes: [judged()], drift: [] })).toBe(true);
  });

  test('is one line of the drift for all nodes that share it', () => {
    const nodes = ['worker-0', 'worker-1', 'worker-2'].map((name) =>
      judge(
        { ...node, name },
        {
          node: name,
          files: [],
          units: [{ unit: 'kubelet', active: name === 'worker-2' ? 'active' : 'failed' }],
          objects: [],
        },
        [],
      ),
    );
    const drift = nodes.map(({ name }) => ({
      resource: `node ${name}`,
      state: 'its router is missing',
    }));
    expect(differences({ nodes, drift })).toEqual([
      'nodes worker-0, worker-1 and worker-2: its router is missing',
      'worker-0 and worker-1: service kubelet is failed',
    ]);
  });

  test('names no address of the node if it gives no answer', async () => {
    const access = {
      outputs: { nodes: [node], topology: { nodes: [{ name: 'worker-0' }] }, stage: 'none' },
      onNode: async () => ({
        code: 255,
        stdout: '',
        stderr: 'ssh: connect to host 198.18.0.20 port 22: No route to host\r\n',
      }),
    } as unknown as Access;
    expect((await nodeStates(access))[0].problem).toBe(
      'no answer over SSH, perhaps still starting (No route to host)',
    );
  });

  test('repeats no session without drift', () => {
    expect(
      stepsToRepeat(judge(node, { node: 'worker-0', files: [], units: [], objects: [] }, [])),
    ).toEqual([]);
  });
});

describe('a helper of messages', () => {
  test('offers the nearest word only if it is near', () => {
    expect(distance('kitten', 'sitting')).toBe(3);
    expect(nearest('wrkers', ['workers', 'stage'])).toBe(' (did you mean "workers"?)');
    expect(nearest('zzzzzz', ['workers', 'stage'])).toBe('');
  });

  test.each([
    [undefined, ''],
    ['2026-11-22T11:57:00Z', '3 min'],
    ['2026-11-22T07:00:00Z', '5 h'],
    ['2026-11-19T11:00:00Z', '3 d'],
  ])('formats the age of a lab created %s as %s', (created, words) => {
    expect(age(created, Date.parse('2026-11-22T12:00:00Z'))).toBe(words);
  });

  test('lists programs by origin', () => {
    expect(
      byOrigin({
        etcd: '3.6.8, built here',
        runc: '1.4.3, built here',
        kubectl: '1.36.2, installed',
      }),
    ).toBe('built here: etcd 3.6.8, runc 1.4.3; installed: kubectl 1.36.2');
  });

  test("reports a route to an address in the pool, but not the pool's blackhole, a lab's link or the default route", () => {
    const route = (dst: string, dev?: string, type?: string) => ({ dst, dev, type });
    expect(
      foreignRoutes('198.18.0.0/15', [
        route('default', 'eth0'),
        route('128.0.0.0/1', 'tun0'),
        route('198.18.0.0/15', undefined, 'blackhole'),
        route('198.18.3.0/24', 'hw3'),
        route('10.0.0.0/8', 'eth0'),
        route('198.18.9.9', 'wg0'),
        route('198.18.8.0/24', undefined, 'unreachable'),
      ]),
    ).toEqual(['198.18.9.9 (wg0)', '198.18.8.0/24 (unreachable)']);
  });
});
