import type { CheckResult, Report } from '../../../../checks';
import { ClassBoard } from '../../../../cli/classroom/progress-board';
import type { Outcome } from '../../../../cli/classroom/jobs/runner';
import { matrix } from '../../../../cli/classroom/check-matrix';
import type { Student } from '../../../../cli/classroom/roster';
import { type StudentStatus, table } from '../../../../cli/classroom/status';
import { exitCode, summary } from '../../../../cli/classroom/summary';
import { Interrupted, unable } from '../../../../cli/errors';
import { each } from '../../../support/each';

const student = (id: string, name = `Student ${id}`): Student => ({
  id,
  name,
  lab: { stack: `local-${id}`, cloud: 'local' },
  settings: new Map(),
});
const STUDENTS = [student('s01', 'Ada Lovelace'), student('s02'), student('s03')];
const failed = (id: string): Outcome<never> => ({
  id,
  state: 'failed',
  seconds: 3.21,
  failure: unable('first line\nsecond line', 'repair it'),
});
const done = (id: string): Outcome<string> => ({ id, state: 'done', seconds: 12, value: '' });

function screen(isTTY: boolean, size: { columns?: number; rows?: number } = {}) {
  let text = '';
  return {
    isTTY,
    columns: 80,
    rows: 24,
    ...size,
    write: (more: string) => void (text += more),
    text: () => text,
    lines: () => text.trimEnd().split('\n'),
  };
}

describe('the board of a class', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** Returns the lines of a terminal after `text`. Each redraw removes the last lines first. */
  function shown(text: string): string[] {
    const lines: string[] = [];
    for (const part of text.split(/(\x1b\[\d+A\r\x1b\[J)/)) {
      const up = /^\x1b\[(\d+)A/.exec(part);
      if (up) lines.splice(lines.length - Number(up[1]));
      else lines.push(...part.split('\n').slice(0, -1));
    }
    return lines.map((line) => line.replace(/\x1b\[\d+m/g, ''));
  }

  test('shows student, lab, state, time and step in a table on a terminal', () => {
    const out = screen(true);
    const board = new ClassBoard(out, STUDENTS);
    const ada = board.begin('s01');
    board.begin('s02');
    jest.advanceTimersByTime(61_000);
    ada.begin('network and router').done();
    ada.begin('node worker-0');
    ada.begin('node controller-0').update('booting');
    ada.say('worker-0: /etc/x was edited');
    board.end(failed('s02'));
    jest.advanceTimersByTime(200);
    expect(shown(out.text())).toEqual([
      's01: worker-0: /etc/x was edited',
      '✖ s02: first line 3 s',
      '  ID   STUDENT       LAB        STATE    TIME        STEP',
      expect.stringMatching(
        /^\S s01 {2}Ada Lovelace {2}local-s01 {2}running {2}1 min 01 s {2}node controller-0: bootin…$/,
      ),
      expect.stringMatching(/^ {2}s02 {2}Student s02 {3}local-s02 {2}failed {3}3 s/),
      expect.stringMatching(/^ {2}s03 {2}Student s03 {3}local-s03 {2}waiting$/),
      '  1 running, 1 failed, 1 waiting',
    ]);
    each(shown(out.text()), (line) => expect(line.length).toBeLessThan(80));
    board.close();
    expect(shown(out.text())).toEqual([
      's01: worker-0: /etc/x was edited',
      '✖ s02: first line 3 s',
    ]);
  });

  test('shows running and failed labs first if the screen is too small for all', () => {
    const out = screen(true, { rows: 10 });
    const many = Array.from({ length: 50 }, (_, index) => student(`s${index + 10}`));
    const board = new ClassBoard(out, many);
    for (const id of ['s10', 's11', 's12']) {
      board.begin(id);
      board.end(id === 's11' ? failed(id) : done(id));
    }
    board.begin('s40');
    jest.advanceTimersByTime(200);
    const drawn = shown(out.text()).slice(-7);
    expect(drawn.slice(1, 3)).toEqual([
      expect.stringContaining('s40  Student s40  local-s40  running'),
      expect.stringContaining('s11  Student s11  local-s11  failed'),
    ]);
    expect(drawn[6]).toBe('  and 45 more; 1 running, 1 failed, 46 waiting, 2 done');
    board.close();
  });

  test('prints a line in a pipe when a lab begins and ends, and one every minute', () => {
    const out = screen(false);
    const board = new ClassBoard(out, STUDENTS);
    const ada = board.begin('s01');
    ada.begin('node worker-0').update('booting');
    jest.advanceTimersByTime(61_000);
    board.end({ ...done('s01'), seconds: 61 } as Outcome<string>);
    board.begin('s02');
    board.end(failed('s02'));
    board.close();
    expect(out.lines()).toEqual([
      '...  s01: Ada Lovelace, lab local-s01',
      '...  s01: node worker-0: booting (1 min 00 s so far)',
      'ok   s01 (1 min 01 s)',
      '...  s02: Student s02, lab local-s02',
      'FAIL s02: first line (3 s)',
    ]);
  });
});

describe('the summary', () => {
  const deed = { verb: 'up', done: 'up', again: './lab class up students.yaml' };

  test('names each lab, the whole message of each failure, and the sum', () => {
    expect(
      summary(STUDENTS, [done('s01'), failed('s02'), { id: 's03', state: 'waiting' }], deed).split(
        '\n',
      ),
    ).toEqual([
      'ID   STUDENT       LAB        OUTCOME    TOOK',
      's01  Ada Lovelace  local-s01  up         12 s',
      's02  Student s02   local-s02  failed     3.2 s',
      's03  Student s03   local-s03  not begun',
      '',
      's02 (local-s02):',
      '  first line',
      '  second line',
      '  To do: repair it',
      '',
      '1 of 3 labs are up; failed: s02.',
    ]);
  });

  test('has exit code 0, or 1 if a lab failed, or the command to continue if it was stopped', () => {
    expect(exitCode([done('s01'), done('s02')], deed)).toBe(0);
    expect(exitCode([done('s01'), failed('s02')], deed)).toBe(1);
    const stopped: Outcome<never> = {
      id: 's02',
      state: 'stopped',
      seconds: 1,
      failure: new Interrupted(),
    };
    expect(() => exitCode([failed('s01'), stopped, { id: 's03', state: 'waiting' }], deed)).toThrow(
      expect.objectContaining({
        exitCode: 130,
        message: 'Interrupted: ./lab class up is not finished for s02, s03.',
        cure: './lab class up students.yaml continues from here',
      }),
    );
  });
});

describe('the matrix', () => {
  const check = (id: string, status: CheckResult['status'], reason = ''): CheckResult => ({
    id,
    title: `title of ${id}`,
    node: 'worker-0',
    command: '',
    expected: '',
    evidence: '',
    status,
    reason,
  });
  function report(...checks: CheckResult[]): Report {
    const count = (status: string): number => checks.filter((one) => one.status === status).length;
    return {
      lab: 'x',
      cloud: 'local',
      seconds: 1,
      passed: count('pass'),
      failed: count('fail'),
      skipped: count('skip'),
      checks,
    };
  }

  test('has a row per student and a character per check, then failures grouped by reason', () => {
    const nat = 'the source is 10.200.0.7';
    expect(
      matrix([
        {
          student: STUDENTS[0],
          report: report(
            check('nat.ping', 'pass'),
            check('svc.dns', 'pass'),
            check('nat.off', 'skip'),
          ),
        },
        {
          student: STUDENTS[1],
          report: report(
            check('nat.ping', 'fail', nat),
            check('svc.dns', 'fail', 'no answer'),
            check('nat.off', 'skip'),
          ),
        },
        {
          student: STUDENTS[2],
          report: report(
            check('nat.ping', 'fail', nat),
            check('svc.dns', 'pass'),
            check('nat.off', 'skip'),
          ),
        },
        { student: student('s04'), problem: 'Lab local-s04 is not up.' },
      ]),
    ).toBe(
      [
        'ID   STUDENT       abc',
        's01  Ada Lovelace  ..-  2 passed, 1 skipped',
        's02  Student s02   XX-  0 passed, 2 failed, 1 skipped',
        's03  Student s03   X.-  1 passed, 1 failed, 1 skipped',
        's04  Student s04   ???  Lab local-s04 is not up.',
        '',
        '. passed, X failed, - skipped, ? not checked',
        '',
        'a  nat.ping: title of nat.ping',
        '  s02, s03: the source is 10.200.0.7',
        '',
        'b  svc.dns: title of svc.dns',
        '  s02: no answer',
        '',
        'Not checked:',
        '  s04 (local-s04): Lab local-s04 is not up.',
        '',
        '1 of 4 labs pass all checks that apply.',
      ].join('\n'),
    );
  });

  test('fits 100 columns with a long name and all checks', () => {
    const all = report(
      ...Array.from({ length: 40 }, (_, index) =>
        check(`check.${index}`, index % 7 === 0 ? 'fail' : 'pass', 'r'),
      ),
    );
    const rows = matrix([
      {
        student: student(
          'x'.repeat(32),
          'A name that is much longer than any column should ever be',
        ),
        report: all,
      },
    ]).split('\n');
    each(rows, (row) => expect(row.length).toBeLessThanOrEqual(100));
    expect(rows[1]).toContain(
      all.checks.map(({ status }) => (status === 'fail' ? 'X' : '.')).join(''),
    );
  });
});

const STUDENT: StudentStatus = {
  id: 's01',
  name: 'Ada',
  lab: 'local-s01',
  cloud: 'local',
  state: 'up',
  machines: { running: 2, all: 2 },
  drift: [],
  created: '2026-12-01T10:30:00Z',
};

/** Students with failed checks, with drift, without a lab, and with an unreadable state. */
const CLASS: StudentStatus[] = [
  {
    ...STUDENT,
    verified: {
      at: '2026-12-01T11:48:00Z',
      passed: 23,
      failed: 1,
      skipped: 2,
      failures: ['nat.ping'],
    },
  },
  {
    ...STUDENT,
    id: 's02',
    lab: 'aws-s02',
    cloud: 'aws',
    expires: '2026-12-01T18:00Z',
    cost: 0.375,
    machines: { running: 1, all: 2 },
    drift: ['worker-0: ssh got no answer', 'route: does not exist'],
  },
  {
    ...STUDENT,
    id: 's03',
    lab: 'local-s03',
    state: 'down',
    machines: { running: 0, all: 0 },
    created: undefined,
  },
  {
    ...STUDENT,
    id: 's04',
    lab: 'local-s04',
    state: 'unreadable',
    problem: 'The state is cut off.\nTo do: repair it',
    created: undefined,
  },
];

test('the status of a class has a row per student, then unreadable labs and drift', () => {
  jest.useFakeTimers({ now: Date.parse('2026-12-01T12:00:00Z') });
  const text = table(CLASS);
  jest.useRealTimers();
  expect(text).toBe(
    [
      'ID   STUDENT  LAB        STATE       NODES   CHECKS                DRIFT  AGE  EXPIRES            COST',
      's01  Ada      local-s01  up          2 of 2  23 of 24, 12 min ago  -      1 h  -                  -',
      's02  Ada      aws-s02    up          1 of 2  -                     2      1 h  2026-12-01T18:00Z  $0.38',
      's03  Ada      local-s03  down        -       -                     -      -    -                  -',
      's04  Ada      local-s04  unreadable  -       -                     -      -    -                  -',
      '',
      "s04 (local-s04) can't be read: The state is cut off.",
      'To do: repair it',
      '',
      'Drift:',
      '  s02: worker-0: ssh got no answer, and 1 more (./lab status aws-s02)',
      '',
      '1 of 4 labs are up without drift.',
    ].join('\n'),
  );
});

test('the status of a class shows drills if a student took one', () => {
  const base: StudentStatus = {
    ...{ id: 's01', name: 'Ada', lab: 'local-s01', cloud: 'local', state: 'up', drift: [] },
    machines: { running: 3, all: 3 },
  };
  const started = new Date(Date.now() - 5 * 60_000).toISOString();
  const ended = { drill: 'no-names', result: 'solved' as const, started, seconds: 60, checks: 1 };
  const running = {
    ...{ drill: 'wrong-turn', phase: 'broken' as const, started },
    ...{ hints: 2, checks: 0, shown: false },
  };
  const drift = ['route pod-route-worker-1: leads to 10.240.0.20'];
  const at = new Date(Date.now() - 60 * 60_000).toISOString();
  const verified = { at, passed: 24, failed: 0, skipped: 0, failures: [] };
  const givenUp = { ...ended, drill: 'unmasked', result: 'shown' as const, hints: 2 };
  const text = table([
    { ...base, drift, verified, drills: { running, history: [{ ...ended, hints: 0 }, givenUp] } },
    { ...base, id: 's02' },
  ]);
  const [head, first, second, ...below] = text.split('\n');
  expect(head).toMatch(/DRIFT {2}DRILLS +AGE$/);
  // The drill broke the lab: the drift is its answer, and the checks of before are out of date.
  expect(first).toMatch(
    / 3 of 3 {2}- +drill +wrong-turn \(running for 5 min, 2 hints\), 1 solved, 1 given up +-$/,
  );
  expect(second).toMatch(/ - +- +-$/);
  expect(below).toEqual([
    '',
    'Last drills:',
    '  s01: unmasked: solution shown after 1 min 00 s, 2 hints',
    '',
    '1 of 2 labs are up without drift; 1 lab is in a drill.',
  ]);
});
