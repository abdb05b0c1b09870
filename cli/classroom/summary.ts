import { exitCodeOf, type Failure, Interrupted } from '../errors';
import { formatDuration } from '../ui/duration';
import { columns } from '../ui/prompt';
import { textIf } from '../../util/optional';
import { plural } from '../../util/plural';
import type { Outcome } from './jobs/runner';
import type { Student } from './roster';

/** Description of a class command for its summary. */
export interface ClassCommand {
  /** Name of the subcommand: `up`. */
  verb: string;
  /** State of a lab after success: `up`, `gone`. */
  done: string;
  /** Command that continues this one. */
  again: string;
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');

/** Lists the reasons of failures, each once with all labs that it applies to. */
function blocks(failed: { student: Student; failure: Failure }[]): string[] {
  const labsByReason = new Map<string, string[]>();
  for (const {
    student: { id, lab },
    failure: { message, cure },
  } of failed) {
    const reason = `${indented(message)}${textIf(cure, `\n  To do: ${cure}`)}`;
    labsByReason.set(reason, [...(labsByReason.get(reason) ?? []), `${id} (${lab.stack})`]);
  }
  return [...labsByReason].map(([reason, labs]) => `\n${labs.join(', ')}:\n${reason}`);
}

const WORDS: Record<Exclude<Outcome<unknown>['state'], 'done'>, string> = {
  failed: 'failed',
  stopped: 'stopped',
  waiting: 'not begun',
};

function timeOf(outcome: Outcome<unknown>): string {
  if (outcome.state === 'waiting') return '';
  return formatDuration(outcome.seconds);
}

/**
 * Renders the outcome of each lab, the reasons of failures and a last line for all labs. Ends
 * without a newline.
 */
export function summary(
  students: Student[],
  outcomes: Outcome<unknown>[],
  { done }: ClassCommand,
): string {
  const of = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const rows = students.map((student) => {
    const outcome = of.get(student.id) ?? { id: student.id, state: 'waiting' as const };
    return { student, outcome };
  });
  const table = columns([
    ['ID', 'STUDENT', 'LAB', 'OUTCOME', 'TOOK'],
    ...rows.map(({ student, outcome }) => [
      student.id,
      student.name,
      student.lab.stack,
      { ...WORDS, done }[outcome.state],
      timeOf(outcome),
    ]),
  ]);
  const failures = rows.flatMap(({ student, outcome }) => {
    if (outcome.state !== 'failed') return [];
    return { student, failure: outcome.failure };
  });
  const well = outcomes.filter(({ state }) => state === 'done').length;
  const failed = failures.map(({ student }) => student.id);
  const last = `${well} of ${students.length} ${plural(students.length, 'lab is', 'labs are')} ${done}${textIf(failed.length > 0, `; failed: ${failed.join(', ')}`)}.`;
  return [table, ...blocks(failures), `\n${last}`].join('\n');
}

/**
 * Returns 0 if every lab succeeded, else 1. Throws Interrupted, with the command that continues, if
 * the run was stopped.
 */
export function exitCode(outcomes: Outcome<unknown>[], { verb, again }: ClassCommand): number {
  const open = outcomes
    .filter(({ state }) => state === 'stopped' || state === 'waiting')
    .map(({ id }) => id);
  if (open.length > 0)
    throw new Interrupted(
      `Interrupted: ./lab class ${verb} is not finished for ${open.join(', ')}.`,
      `${again} continues from here`,
    );
  return exitCodeOf(outcomes.every(({ state }) => state === 'done'));
}
