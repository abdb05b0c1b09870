import { textIf } from '../../util/optional';
import { cut } from '../../util/text-width';
import { type Colours, LiveLines, paint, type Screen, sizeOf } from '../ui/live-region';
import { type Progress, SIGN_OF_LIFE_SECONDS, type Step } from '../ui/progress';
import { formatDuration, since } from '../ui/duration';
import { columns } from '../ui/prompt';
import type { Board, Outcome } from './jobs/runner';
import type { Student } from './roster';

type State = Outcome<unknown>['state'] | 'running';

interface Row {
  student: Student;
  state: State;
  started: number;
  /** Duration in seconds; `undefined` while the job runs. */
  seconds?: number;
  /** Running steps in the student's lab, oldest first. */
  steps: Set<{ title: string; detail: string }>;
  /** Time of the last report to a pipe, in seconds since the job started. */
  reportedAt: number;
}

/** On a terminal, longer names are cut: the columns after the name matter more. */
export const LONGEST_NAME = 24;

/**
 * Describes the result of a finished job, which may be bad, such as a report with failed
 * checks.
 */
export type Verdict = (value: unknown) => { isGood: boolean; words: string };

type Ended = Exclude<Outcome<unknown>, { state: 'waiting' }>;
type Result = 'good' | 'failed' | 'stopped';

/** Marks of results in a pipe. */
const PLAIN_MARKS: Record<Result, string> = { good: 'ok  ', failed: 'FAIL', stopped: 'stop' };

/** Order of states if the screen is too short for all rows. */
const ORDER: State[] = ['running', 'failed', 'stopped', 'waiting', 'done'];

function elapsed({ state, started, seconds = since(started) }: Row): string {
  if (state === 'waiting') return '';
  return formatDuration(Math.floor(seconds)).replace('.0', '');
}

/** Selects the rows for a screen. If not all fit, one line stays free for their number. */
function mostImportant(all: Row[], room: number): Row[] {
  if (all.length <= room) return all;
  const rows = [...all].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return rows.slice(0, room - 1);
}

function markInTable({ state }: Row, frame: string): string {
  if (state === 'running') return frame;
  return ' ';
}

/** Describes the newest step of a lab, and the number of other steps. */
function stepOf({ steps }: Row): string {
  const last = [...steps].pop();
  if (!last) return '';
  return `${last.title}${textIf(last.detail, `: ${last.detail}`)}${textIf(steps.size > 1, ` (and ${steps.size - 1} more)`)}`;
}

/**
 * Progress of a class command. On a terminal, a table with every student's lab, its state, time and
 * current step, redrawn in place. In a pipe, a plain line when a lab begins or ends, and one every
 * minute between.
 */
export class ClassBoard implements Board {
  private readonly rows: Map<string, Row>;
  private readonly lines: LiveLines;
  private readonly colour: Colours;

  constructor(
    private readonly screen: Screen,
    students: Student[],
    private readonly verdict: Verdict = () => ({ isGood: true, words: '' }),
  ) {
    this.rows = new Map(
      students.map((student) => [
        student.id,
        { student, state: 'waiting', started: 0, steps: new Set(), reportedAt: 0 },
      ]),
    );
    this.lines = new LiveLines(
      screen,
      (frame) => this.table(frame),
      () => this.signsOfLife(),
    );
    this.colour = paint(screen);
    this.lines.start();
  }

  begin(id: string): Progress {
    const row = this.rows.get(id)!;
    Object.assign(row, { state: 'running', started: Date.now() });
    if (!this.lines.live) this.say(`...  ${id}: ${row.student.name}, lab ${row.student.lab.stack}`);
    return {
      begin: (title) => this.step(row, title),
      say: (line) => this.say(`${id}: ${line}`),
      // A job of the class has no summary: the programs are installed before.
      summarize: () => undefined,
      close: () => undefined,
    };
  }

  end(outcome: Outcome<unknown>): void {
    const row = this.rows.get(outcome.id)!;
    row.steps.clear();
    row.state = outcome.state;
    if (outcome.state === 'waiting') return;
    row.seconds = outcome.seconds;
    const { result, words } = this.resultOf(outcome);
    const about = `${this.markOf(result)} ${outcome.id}${textIf(words, `: ${words}`)}`;
    if (this.lines.live) this.say(`${about} ${this.colour.faint(elapsed(row))}`);
    else this.say(`${about} (${elapsed(row)})`);
  }

  private resultOf(outcome: Ended): { result: Result; words: string } {
    if (outcome.state !== 'done')
      return { result: outcome.state, words: outcome.failure.message.split('\n')[0] };
    const { isGood, words } = this.verdict(outcome.value);
    if (isGood) return { result: 'good', words };
    return { result: 'failed', words };
  }

  private markOf(result: Result): string {
    if (!this.lines.live) return PLAIN_MARKS[result];
    const { good, bad } = this.colour;
    return { good: good('✔'), failed: bad('✖'), stopped: '■' }[result];
  }

  say(line: string): void {
    this.lines.print(line);
  }

  /** Erases the table. */
  close(): void {
    this.lines.close();
  }

  private step(row: Row, title: string): Step {
    const step = { title, detail: '' };
    row.steps.add(step);
    const end = (): void => void row.steps.delete(step);
    return { update: (detail) => void (step.detail = detail), done: end, failed: end, drop: end };
  }

  private signsOfLife(): void {
    for (const row of this.rows.values()) {
      if (row.state !== 'running' || since(row.started) < row.reportedAt + SIGN_OF_LIFE_SECONDS)
        continue;
      row.reportedAt = since(row.started);
      this.say(`...  ${row.student.id}: ${stepOf(row) || 'at work'} (${elapsed(row)} so far)`);
    }
  }

  private table(frame: string): string[] {
    const { columns: width, rows } = sizeOf(this.screen);
    const room = Math.max(3, rows - 4);
    const all = [...this.rows.values()];
    const shown = mostImportant(all, room);
    const cells = shown.map((row) => [
      `${markInTable(row, frame)} ${row.student.id}`,
      cut(row.student.name, LONGEST_NAME),
      row.student.lab.stack,
      row.state,
      elapsed(row),
      stepOf(row),
    ]);
    const lines = columns([['  ID', 'STUDENT', 'LAB', 'STATE', 'TIME', 'STEP'], ...cells]).split(
      '\n',
    );
    const counts = ORDER.map(
      (state) => [all.filter((row) => row.state === state).length, state] as const,
    ).filter(([count]) => count > 0);
    const hidden = all.length - shown.length;
    const rest = textIf(hidden > 0, `and ${hidden} more; `);
    return [
      ...lines,
      `  ${rest}${counts.map(([count, state]) => `${count} ${state}`).join(', ')}`,
    ].map((line) => cut(line, width - 1));
  }
}
