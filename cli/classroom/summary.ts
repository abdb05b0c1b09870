import { EXIT, type Failure, Interrupted } from '../errors';
import { inWords } from '../ui/duration';
import { columns } from '../ui/prompt';
import type { Outcome } from './jobs/runner';
import type { Student } from './roster';

/** A command on a class, in words. */
export interface Deed {
  /** `up`, as it is typed. */
  verb: string;
  /** What a lab is when it went well: `up`, `gone`. */
  done: string;
  /** What to type to go on from here. */
  again: string;
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');

/** Why labs failed, each reason once, under all whose it is. */
function blocks(failed: { student: Student; failure: Failure }[]): string[] {
  const whose = new Map<string, string[]>();
  for (const {
    student: { id, lab },
    failure: { message, cure },
  } of failed) {
    const reason = `${indented(message)}${cure ? `\n  To do: ${cure}` : ''}`;
    whose.set(reason, [...(whose.get(reason) ?? []), `${id} (${lab.stack})`]);
  }
  return [...whose].map(([reason, labs]) => `\n${labs.join(', ')}:\n${reason}`);
}

const WORDS: Record<Exclude<Outcome<unknown>['state'], 'done'>, string> = {
  failed: 'failed',
  stopped: 'stopped',
  waiting: 'not begun',
};

/** What became of each lab, then why where it didn't go well, then one line for all. Ends without a newline. */
export function summary(students: Student[], outcomes: Outcome<unknown>[], { done }: Deed): string {
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
      outcome.state === 'done' ? done : WORDS[outcome.state],
      outcome.state === 'waiting' ? '' : inWords(outcome.seconds),
    ]),
  ]);
  const failures = rows.flatMap(({ student, outcome }) =>
    outcome.state === 'failed' ? { student, failure: outcome.failure } : [],
  );
  const well = outcomes.filter(({ state }) => state === 'done').length;
  const failed = failures.map(({ student }) => student.id);
  const last = `${well} of ${students.length} ${students.length === 1 ? 'lab is' : 'labs are'} ${done}${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}.`;
  return [table, ...blocks(failures), `\n${last}`].join('\n');
}

/** 0 where every lab went well, 1 where some didn't. Throws Interrupted, with how to go on, where the run was stopped. */
export function exitCode(outcomes: Outcome<unknown>[], { verb, again }: Deed): number {
  const open = outcomes
    .filter(({ state }) => state === 'stopped' || state === 'waiting')
    .map(({ id }) => id);
  if (open.length > 0)
    throw new Interrupted(
      `Interrupted: ./lab class ${verb} has not come to its end for ${open.join(', ')}.`,
      `${again} goes on from here`,
    );
  return outcomes.every(({ state }) => state === 'done') ? EXIT.well : EXIT.failed;
}
