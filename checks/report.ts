import { checks } from './registry';
import type { Check, CheckResult, Report } from './check';

export interface RenderOptions {
  /** Colour codes: only for a terminal. */
  colour: boolean;
  /** Columns of the terminal; lines of the table are cut to it. No limit when piped. */
  width?: number;
}

const MARKS = { pass: 'ok', fail: 'FAIL', skip: 'skip' } as const;
const COLOURS = { pass: 32, fail: 31, skip: 33 } as const;

/** Lines below the table that show evidence of a failure stop here. */
const EVIDENCE_LINES = 12;

/** A listing's head, or the name of the node that it is of. */
const HEADING = /^(NAME|PID|NS|CONTAINER|TASK|bridge name)\s|^[\w-]+:$/;

function cut(text: string, width: number | undefined): string {
  if (width === undefined || text.length <= width) return text;
  return `${text.slice(0, Math.max(0, width - 1))}…`;
}

const TELLING = new Map(checks.map(({ id, telling }) => [id, telling]));

/** The line of the evidence that says most in a table: for a failure or a skip, the reason. */
function brief({ id, status, evidence, reason }: CheckResult): string {
  const text = status === 'pass' ? evidence : reason;
  const lines = text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '' && !HEADING.test(line));
  const telling = TELLING.get(id);
  const line = (telling && lines.find((one) => telling.test(one))) ?? lines[0] ?? '';
  return lines.length > 1 && status === 'pass' ? `${line} (+${lines.length - 1})` : line;
}

function table(results: CheckResult[], { colour, width }: RenderOptions): string[] {
  // A check of all workers names them all; in the table one is enough: of a failure, that which its reason names first.
  const where = ({ node, reason }: CheckResult): string => {
    const all = node.split(', ');
    return all.length === 1
      ? node
      : `${reason.match(/[\w-]+/g)?.find((word) => all.includes(word)) ?? all[0]}, …`;
  };
  const [ids, nodes] = [
    Math.max(0, ...results.map(({ id }) => id.length)),
    Math.max(0, ...results.map((one) => where(one).length)),
  ];
  return results.map((result) => {
    const mark = MARKS[result.status].padEnd(4);
    const painted = colour ? `\u001b[${COLOURS[result.status]}m${mark}\u001b[0m` : mark;
    const start = `${result.id.padEnd(ids)}  ${where(result).padEnd(nodes)}  `;
    const rest = width === undefined ? undefined : width - start.length - mark.length - 2;
    return `${start}${painted}  ${cut(brief(result), rest)}`.trimEnd();
  });
}

function failure({ id, title, node, command, expected, evidence, reason }: CheckResult): string[] {
  const lines = evidence === '' ? ['nothing'] : evidence.split('\n');
  const shown =
    lines.length > EVIDENCE_LINES
      ? [
          ...lines.slice(0, EVIDENCE_LINES),
          `(${lines.length - EVIDENCE_LINES} lines more with --json)`,
        ]
      : lines;
  return [
    `${id}: ${title}`,
    `  on        ${node}`,
    `  command   ${command}`,
    `  expected  ${expected}`,
    `  got       ${shown.join('\n            ')}`,
    `  reason    ${reason}`,
  ];
}

/** Blocks for the failures. What failed for one and the same reason, before anything could be seen, shares a block. */
function failures(results: CheckResult[]): string[] {
  const failed = results.filter(({ status }) => status === 'fail');
  const blind = (one: CheckResult): CheckResult[] =>
    failed.filter(
      (other) => other.evidence === '' && one.evidence === '' && other.reason === one.reason,
    );
  return failed.flatMap((result) => {
    const alike = blind(result);
    if (alike.length < 2) return ['', ...failure(result)];
    return alike[0] === result
      ? ['', `${alike.map(({ id }) => id).join(', ')}:`, `  reason    ${result.reason}`]
      : [];
  });
}

/** The report as a table, and a block for each failure under it. Ends without a newline. */
export function renderReport(report: Report, options: RenderOptions): string {
  const counts = [
    `${report.passed} passed`,
    `${report.failed} failed`,
    `${report.skipped} skipped`,
  ].join(', ');
  return [
    ...table(report.checks, options),
    ...failures(report.checks),
    '',
    `${report.lab} (${report.cloud}): ${counts}, in ${report.seconds} s`,
  ].join('\n');
}

/** What each check types and expects, for `--list`. */
export function renderList(checks: Check[]): string {
  return checks
    .map(({ id, title, node, command, expected, stage, workers }) => {
      const needs = [
        stage === 'none' ? [] : [`stage ${stage}`],
        workers > 1 ? [`${workers} workers`] : [],
      ].flat();
      return [
        `${id}: ${title}${needs.length > 0 ? ` (needs ${needs.join(', ')})` : ''}`,
        `  on        ${node}`,
        `  command   ${command}`,
        `  expected  ${expected}`,
      ].join('\n');
    })
    .join('\n\n');
}
