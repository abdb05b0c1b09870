import type { CheckResult, Report } from '../../checks';
import { age, formatDuration } from '../ui/duration';
import { columns } from '../ui/prompt';
import { ifPresent, itemsIf, listOf } from '../../util/optional';
import { counted, plural } from '../../util/plural';
import type { Drill } from './drill';
import { countResults, type DrillRecord, type Ended, type Running } from './record';
import type { Trial } from './trial';

/** Lines of evidence that a failed check shows. */
const EVIDENCE_LINES = 4;

/** Removes advice from a reason of a failed check: where to look, and commands. */
export const withoutAdvice = (reason: string): string =>
  reason
    .replace(/^first repair what [^;]*; /, '')
    .replace(/(:|,|;)?\s*(so )?look at .*$/s, '')
    .replace(/\s*\(`[^)]*`\)/g, '')
    .trim();

function failed({ id, title, node, command, expected, evidence, reason }: CheckResult): string[] {
  const lines = (evidence || withoutAdvice(reason)).split('\n');
  const more = lines.length - EVIDENCE_LINES;
  if (more > 1) lines.splice(EVIDENCE_LINES, more, `(${more} more lines)`);
  return [
    '',
    `${id}: ${title}`,
    `  on        ${node}`,
    `  command   ${command}`,
    `  expected  ${expected}`,
    `  got       ${lines.join('\n            ')}`,
  ];
}

/** Formats what is still wrong: the failed checks, without their advice. */
export function renderWrong(report: Report): string {
  const wrong = report.checks.filter(({ status }) => status === 'fail');
  const all = report.passed + report.failed;
  return [
    `Not solved: ${wrong.length} of ${counted(all, 'check')} ${plural(wrong.length, 'fails', 'fail')}.`,
    ...wrong.flatMap(failed),
  ]
    .join('\n')
    .trimEnd();
}

const RESULTS: Record<Ended['result'], string> = {
  solved: 'solved in',
  shown: 'solution shown after',
  stopped: 'stopped after',
};

/** Formats the result of a drill: `solved in 4 min 10 s, 1 hint`. */
export const formatResult = ({ result, seconds, hints }: Ended): string =>
  `${RESULTS[result]} ${formatDuration(seconds)}, ${counted(hints, 'hint')}`;

/** Formats a running drill: `running for 4 min, 1 hint`. */
export function formatRunning({ started, hints, phase }: Running, now = Date.now()): string {
  const about = `for ${age(started, now)}, ${counted(hints, 'hint')}`;
  if (phase === 'broken') return `running ${about}`;
  return `interrupted ${about}`;
}

/** Formats the state of a drill: running, or its result, or '' if it was never started. */
export function formatState(name: string, running: Running | undefined, ended?: Ended): string {
  if (running?.drill === name) return formatRunning(running);
  return ifPresent(ended, formatResult) ?? '';
}

/** Returns the best result of a drill, or of the last try if none was solved. */
function bestOf(name: string, history: Ended[]): Ended | undefined {
  const tries = history.filter(({ drill }) => drill === name);
  const solved = tries.filter(({ result }) => result === 'solved');
  return (
    solved.sort((one, other) => one.hints - other.hints || one.seconds - other.seconds)[0] ??
    tries.at(-1)
  );
}

/** Formats the list of drills with their results on a lab. Titles name no cause. */
export function renderList(drills: Drill[], { running, history }: DrillRecord): string {
  const rows = drills.map(({ name, chapter, minutes, title }) => {
    const state = formatState(name, running, bestOf(name, history));
    return [name, chapter.slice(0, 2).replace(/^0/, ''), `${minutes} min`, title, state];
  });
  return columns([['DRILL', 'CHAPTER', 'TIME', 'TITLE', 'RESULT'], ...rows]);
}

/** Formats the text that a student reads at the begin of a drill. */
export const renderSymptom = (
  { title, minutes, chapter, symptom }: Drill,
  argument: string,
): string =>
  [
    title,
    '='.repeat(title.length),
    '',
    symptom,
    '',
    `About ${minutes} min. Chapter: docs/tutorial/${chapter}.md`,
    columns([
      [
        `./lab drill check${argument}`,
        'says what is still wrong, and ends the drill when all is well',
      ],
      [`./lab drill hint${argument}`, 'gives a hint'],
      [`./lab drill solve${argument}`, 'types the solution'],
      [`./lab drill stop${argument}`, 'repairs the lab and ends the drill'],
    ]).replace(/^/gm, '  '),
  ].join('\n');

/** Formats the end of a drill: the result, the cause and the page to read. */
export const renderEnd = (ended: Ended, drill: Drill | undefined): string =>
  [
    `Drill ${ended.drill}: ${formatResult(ended)}.`,
    ...listOf(drill).flatMap(({ cause, chapter }) => [
      `The cause was: ${cause}.`,
      `Read on: docs/tutorial/${chapter}.md`,
    ]),
  ].join('\n');

/** Formats the drills of a student for a cell of a table: `wrong-turn (running for 4 min, 1 hint), 2 solved`. */
export function summarize({ running, history }: DrillRecord): string {
  const { solved, others } = countResults(history);
  const parts = [
    ...listOf(running).map((one) => `${one.drill} (${formatRunning(one)})`),
    ...itemsIf(solved > 0, `${solved} solved`),
    ...itemsIf(others > 0, `${others} given up`),
  ];
  return parts.join(', ') || '-';
}

/** Formats the last result of a student: `wrong-turn: solved in 4 min 10 s, 1 hint`; '' without any. */
export function formatLast({ history }: DrillRecord): string {
  const last = history.at(-1);
  return last ? `${last.drill}: ${formatResult(last)}` : '';
}

/** Formats the results of trials: a row for each drill, with its problems below. */
export function renderTrials(trials: Trial[]): string {
  const rows = trials.map(({ drill, broken, broke, seconds, problems }) => [
    ...[drill, String(broken.failed), `${broke.toFixed(1)} s`, `${seconds.toFixed(1)} s`],
    problems.length === 0 ? 'ok' : 'FAIL',
  ]);
  const problems = trials.flatMap((trial) =>
    trial.problems.map((problem) => `${trial.drill}: ${problem}`),
  );
  const good = trials.filter((trial) => trial.problems.length === 0).length;
  return [
    columns([['DRILL', 'FAILS', 'BROKEN IN', 'TRIAL', 'RESULT'], ...rows]),
    ...problems,
    ...itemsIf(trials.length > 1, '', `${good} of ${trials.length} drills work.`),
  ].join('\n');
}
