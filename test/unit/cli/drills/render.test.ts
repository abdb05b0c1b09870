import type { CheckResult, Report } from '../../../../checks';
import type { Drill } from '../../../../cli/drills/drill';
import type { Ended } from '../../../../cli/drills/record';
import {
  renderEnd,
  renderList,
  renderSymptom,
  renderWrong,
  summarize,
  withoutAdvice,
} from '../../../../cli/drills/render';

const drill = {
  ...{ name: 'wrong-turn', title: 'A wrong turn', cause: 'the route is wrong' },
  ...{ chapter: '03-routes', minutes: 10, symptom: '"It hangs."' },
} as Drill;

const tried = (changes: Partial<Ended>): Ended => ({
  ...{ drill: 'wrong-turn', result: 'solved', started: '2026-11-27T10:00:00Z' },
  ...{ seconds: 250, hints: 1, checks: 2 },
  ...changes,
});

const failed: CheckResult = {
  ...{ id: 'route.vpc', title: 'The VPC router has a pod route for each worker' },
  ...{ node: 'VPC router', command: 'ip route', expected: 'a route for each worker' },
  ...{ evidence: '10.200.0.0/24 via 10.240.0.20', status: 'fail' },
  reason: 'no route for 10.200.1.0/24, expected one to worker-1: look at `./lab up`',
};

const report = (...checks: CheckResult[]): Report => ({
  ...{ lab: 'local', cloud: 'local', seconds: 1, skipped: 0, passed: 23, checks },
  failed: checks.length,
});

describe('shows the checks that still fail', () => {
  test('is said by the checks, without their reasons', () => {
    const text = renderWrong(report(failed));
    expect(text).toBe(
      [
        'Not solved: 1 of 24 checks fails.',
        '',
        'route.vpc: The VPC router has a pod route for each worker',
        '  on        VPC router',
        '  command   ip route',
        '  expected  a route for each worker',
        '  got       10.200.0.0/24 via 10.240.0.20',
      ].join('\n'),
    );
  });

  test('shows at most four lines of evidence', () => {
    const evidence = ['1', '2', '3', '4', '5', '6'].join('\n');
    expect(renderWrong(report({ ...failed, evidence }))).toMatch(/4\n *\(2 more lines\)$/);
  });

  test('comes from the reason, without advice, if there is no evidence', () => {
    expect(renderWrong(report({ ...failed, evidence: '' }))).toMatch(
      /got {7}no route for 10\.200\.1\.0\/24, expected one to worker-1$/,
    );
  });

  test.each([
    [
      'kubelet is inactive on worker-0: look at `systemctl status kubelet`',
      'kubelet is inactive on worker-0',
    ],
    [
      'first repair what cni.config shows; the pod has no default route',
      'the pod has no default route',
    ],
    ['no answer, so look at the rule allow-nodeports', 'no answer'],
    [
      'it does not become Ready (no plugin): look at cni.config, and at /opt/cni/bin',
      'it does not become Ready (no plugin)',
    ],
  ])('has no advice: %s', (reason, expected) => {
    expect(withoutAdvice(reason)).toBe(expected);
  });
});

describe('the list', () => {
  test('shows chapter, time and title of a drill, and not its cause', () => {
    expect(renderList([drill], { history: [] })).toBe(
      'DRILL       CHAPTER  TIME    TITLE         RESULT\nwrong-turn  3        10 min  A wrong turn',
    );
  });

  test('shows the best result', () => {
    const history = [
      tried({ hints: 3, seconds: 60 }),
      tried({ hints: 0, seconds: 250 }),
      tried({ result: 'stopped', hints: 0, seconds: 5 }),
    ];
    expect(renderList([drill], { history })).toMatch(/solved in 4 min 10 s, 0 hints$/);
  });

  test('shows the last try of a drill that was never solved', () => {
    const history = [tried({ result: 'shown' }), tried({ result: 'stopped', hints: 2 })];
    expect(renderList([drill], { history })).toMatch(/stopped after 4 min 10 s, 2 hints$/);
  });

  test('shows a running drill', () => {
    const started = new Date(Date.now() - 5 * 60_000).toISOString();
    const running = {
      ...{ drill: 'wrong-turn', phase: 'broken' as const, started, hints: 1 },
      ...{ checks: 0, shown: false },
    };
    expect(renderList([drill], { running, history: [] })).toMatch(/running for 5 min, 1 hint$/);
    expect(summarize({ running, history: [tried({})] })).toBe(
      'wrong-turn (running for 5 min, 1 hint), 1 solved',
    );
    expect(summarize({ running: { ...running, phase: 'breaking' }, history: [] })).toBe(
      'wrong-turn (interrupted for 5 min, 1 hint)',
    );
  });
});

test('a symptom shows the commands for the lab, and not the cause', () => {
  const text = renderSymptom(drill, ' s01');
  expect(text).toContain('"It hangs."');
  expect(text).toContain('./lab drill check s01 ');
  expect(text).not.toContain('the route is wrong');
});

test('the end of a drill names result, cause and chapter', () => {
  expect(renderEnd(tried({}), drill)).toBe(
    'Drill wrong-turn: solved in 4 min 10 s, 1 hint.\n' +
      'The cause was: the route is wrong.\nRead on: docs/tutorial/03-routes.md',
  );
});
