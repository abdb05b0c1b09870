import { byOrigin } from '../../../../cli/doctor/programs';
import { foreignRoutes } from '../../../../provider/local/shared/address-pool';
import { engineFailure, plainMessage, runFailure } from '../../../../cli/engine/errors';
import { EngineProgress } from '../../../../cli/engine/progress';
import { CloudError } from '../../../../components/cloud';
import { ConfigError } from '../../../../components/config';
import { distance, nearest } from '../../../../util/suggest';
import { type NodeState, judge, stepsToRepeat } from '../../../../cli/actions/node-state';
import { differences, upRepairs } from '../../../../cli/lab/status';
import type { Failure } from '../../../../cli/errors';
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
  test('in a pipe is a plain line when a step ends, with its seconds', () => {
    const out = screen();
    const progress = progressOn(out);
    const first = progress.begin('etcd');
    progress.begin('runc').failed();
    first.done('built');
    progress.close();
    expect(out.lines()).toEqual(['FAIL runc (0.0 s)', 'ok   etcd: built (0.0 s)']);
  });

  test('in a pipe shows the summary once a minute, instead of a line per running step', () => {
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

  test('on a terminal shows the summary below the running steps', () => {
    const out = screen(true);
    const progress = progressOn(out);
    progress.summarize(() => '42 % done');
    progress.begin('etcd');
    progress.begin('runc').done();
    expect(out.lines().at(-1)).toContain('42 % done');
    progress.close();
  });

  test('on a terminal keeps what has ended and takes the list of what is under way off again', () => {
    const out = screen(true);
    const progress = progressOn(out);
    progress.begin('etcd').update('building');
    progress.begin('runc').done();
    expect(out.text()).toContain('etcd: building');
    progress.close();
    expect(out.text().endsWith('\x1b[1A\r\x1b[J')).toBe(true);
  });

  test('shows each line that the program says once, without the engine’s colours', () => {
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
  ])('says %d seconds as %s', (seconds, words) => {
    expect(formatDuration(seconds)).toBe(words);
  });
});

describe("the engine's events", () => {
  test('become one step for each resource that is made, changed or removed; components and what stays are not told', () => {
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
    ['command:remote:Command', 'objects@controller-0', 'controller-0 · rbac, pods, coredns'],
    ['command:remote:Command', 'gateway@controller-0', 'controller-0 · ready, gateway'],
    ['aws:ec2/securityGroupRule:SecurityGroupRule', 'x', 'security group rule x'],
  ])('%s %s reads "%s"', (type, name, title) => {
    expect(resourceTitle(urn(type, name))).toBe(title);
  });
});

describe('what the engine complains of', () => {
  const stack = 'urn:pulumi:local::hardway-lab::pulumi:pulumi:Stack::hardway-lab-local';

  test('is our own message without stack frames and dressing', () => {
    expect(
      plainMessage(
        '\x1b[31merror: \x1b[0mUnhandled exception: two mistakes\n  - a\n    at Lab (/x/lab.ts:1:2)\n',
      ),
    ).toBe('two mistakes\n  - a');
  });

  test('is told in one line where the engine was killed, without all that it had printed', () => {
    const error = new Error(
      'code: -2\n stdout: \n stderr: Command was killed with SIGKILL (Forced termination): pulumi up\nUpdating\n lots\n err?: Error: x',
    );
    expect(engineFailure(error).message).toBe(
      'The Pulumi engine was killed (SIGKILL) before it ended.',
    );
  });

  test('is what it wrote on standard error', () => {
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
    'is the config, exit code 2, where the program complained of it: %s',
    (mistakes) => {
      const failure = ofProgram(new ConfigError(mistakes));
      expect([failure.exitCode, failure.message]).toEqual([2, new ConfigError(mistakes).message]);
    },
  );

  test('is the machine, exit code 3, where the program lacks credentials', () => {
    const failure = ofProgram(
      new CloudError('There are no AWS credentials here: run `aws configure`.'),
    );
    expect([failure.exitCode, failure.message]).toEqual([
      3,
      'There are no AWS credentials here: run `aws configure`.',
    ]);
  });

  test('is the machine, exit code 3, where a resource failed; each is named, and summaries are left out', () => {
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
});

describe('the state of a node', () => {
  const node = { name: 'worker-0', privateIp: '10.240.0.20', publicIp: '198.18.0.20' };

  test('names edited files, dead services and steps that are not done, and which sessions to repeat', () => {
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

  test('whose cluster has an object that only the student can repair gives `up` nothing to do', () => {
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

  test('that is as declared asks for nothing', () => {
    expect(
      stepsToRepeat(judge(node, { node: 'worker-0', files: [], units: [], objects: [] }, [])),
    ).toEqual([]);
  });
});

describe('small words', () => {
  test('the nearest word is offered only when it is near', () => {
    expect(distance('kitten', 'sitting')).toBe(3);
    expect(nearest('wrkers', ['workers', 'stage'])).toBe(' (did you mean "workers"?)');
    expect(nearest('zzzzzz', ['workers', 'stage'])).toBe('');
  });

  test.each([
    [undefined, ''],
    ['2026-11-22T11:57:00Z', '3 min'],
    ['2026-11-22T07:00:00Z', '5 h'],
    ['2026-11-19T11:00:00Z', '3 d'],
  ])('a lab made %s is %s old', (created, words) => {
    expect(age(created, Date.parse('2026-11-22T12:00:00Z'))).toBe(words);
  });

  test('programs are listed by where they are from', () => {
    expect(
      byOrigin({
        etcd: '3.6.8, built here',
        runc: '1.4.3, built here',
        kubectl: '1.36.2, installed',
      }),
    ).toBe('built here: etcd 3.6.8, runc 1.4.3; installed: kubectl 1.36.2');
  });

  test("the pool's own blackhole, a lab's link and the default route are no foreign routes; an address in the pool is", () => {
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
