import { itemsIf, textIf } from '../util/optional';
import { allChecks, spellConfig } from './registry';
import type { Check, CheckResult, Report } from './check';
import { cut } from '../util/text-width';
import { formatUnreachable, parseUnreachable } from './unreachable';

export interface RenderOptions {
  /** Whether to print colour codes, which only a terminal understands. */
  colour: boolean;
  /** Columns of the terminal, to which lines of the table are cut. Default: no limit, for pipes. */
  width?: number;
}

const MARKS = { pass: 'ok', fail: 'FAIL', skip: 'skip' } as const;
const COLOURS = { pass: 32, fail: 31, skip: 33 } as const;

/** Number of lines of evidence that a failure shows below the table. */
const EVIDENCE_LINES = 12;

/** Matches the header line of a listing, or the line with the name of the listing's node. */
const HEADING = /^(NAME|PID|NS|CONTAINER|TASK|bridge name)\s|^[\w-]+:$/;

const SUMMARY_LINES = new Map(allChecks.map(({ id, summaryLine }) => [id, summaryLine]));

/** Returns the text of a table's line: the check's summary line, or the reason of a failure or a skip. */
function summaryOf({ id, status, evidence, reason }: CheckResult): string {
  const linesOf = (text: string): string[] =>
    text
      .split('\n')
      .map((line) => line.trim().replace(/\s+/g, ' '))
      .filter((line) => line !== '' && !HEADING.test(line));
  const pattern = SUMMARY_LINES.get(id);
  const mainOf = (lines: string[]): string =>
    (pattern && lines.find((one) => pattern.test(one))) ?? lines[0] ?? '';
  if (status !== 'pass') return mainOf(linesOf(reason));
  const lines = linesOf(evidence);
  return `${mainOf(lines)}${textIf(lines.length > 1, ` (+${lines.length - 1})`)}`;
}

/**
 * Formats the nodes of a check for the table. Of several nodes it names one: the node that the reason of a
 * failure names first, else the first node.
 */
function formatNodes({ node, reason }: CheckResult): string {
  const nodes = node.split(', ');
  if (nodes.length === 1) return node;
  const named = reason.match(/[\w-]+/g)?.find((word) => nodes.includes(word));
  return `${named ?? nodes[0]}, …`;
}

function table(results: CheckResult[], { colour, width = Infinity }: RenderOptions): string[] {
  const idWidth = Math.max(0, ...results.map(({ id }) => id.length));
  const nodeWidth = Math.max(0, ...results.map((result) => formatNodes(result).length));
  return results.map((result) => {
    const mark = MARKS[result.status].padEnd(4);
    const start = `${result.id.padEnd(idWidth)}  ${formatNodes(result).padEnd(nodeWidth)}  `;
    const summary = cut(summaryOf(result), width - start.length - mark.length - 2);
    if (!colour) return `${start}${mark}  ${summary}`.trimEnd();
    return `${start}\u001b[${COLOURS[result.status]}m${mark}\u001b[0m  ${summary}`.trimEnd();
  });
}

function failure({ id, title, node, command, expected, evidence, reason }: CheckResult): string[] {
  const lines = (evidence || 'nothing').split('\n');
  const hidden = lines.length - EVIDENCE_LINES;
  const shown = [
    ...lines.slice(0, EVIDENCE_LINES),
    ...itemsIf(hidden > 0, `(${hidden} more with --json)`),
  ];
  return [
    `${id}: ${title}`,
    `  on        ${node}`,
    `  command   ${command}`,
    `  expected  ${expected}`,
    `  got       ${shown.join('\n            ')}`,
    `  reason    ${reason}`,
  ];
}

/** Formats one block for checks that failed for the same reason. */
const commonFailure = (ids: string[], reason: string): string[] => [
  '',
  `${ids.join(', ')}:`,
  `  reason    ${reason}`,
];

/**
 * Formats a block for each failure. Checks without evidence that failed for the same reason share a block, and so do
 * checks that failed only because nodes can't be reached.
 */
function failures(results: CheckResult[]): string[] {
  const failed = results.filter(({ status }) => status === 'fail');
  const unreachable = failed.flatMap(({ id, reason }) => {
    const found = parseUnreachable(reason);
    if (!found) return [];
    return { id, ...found };
  });
  const withSameReason = ({ evidence, reason }: CheckResult): CheckResult[] =>
    failed.filter((other) => other.evidence === '' && evidence === '' && other.reason === reason);
  return failed.flatMap((result) => {
    const { cause } = unreachable.find(({ id }) => id === result.id) ?? {};
    if (cause !== undefined) {
      const alike = unreachable.filter((one) => one.cause === cause);
      if (alike[0].id !== result.id) return [];
      return commonFailure(
        alike.map(({ id }) => id),
        formatUnreachable(alike),
      );
    }
    const alike = withSameReason(result);
    if (alike.length < 2) return ['', ...failure(result)];
    if (alike[0] !== result) return [];
    return commonFailure(
      alike.map(({ id }) => id),
      result.reason,
    );
  });
}

/** Formats a report as a table with a block for each failure below it. Ends without a newline. */
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

/** Formats the command and the expected output of each check, for `--list`. */
export function renderList(checks: Check[]): string {
  return checks
    .map(({ id, title, node, command, expected, stage, workers, config }) => {
      const needs = [
        itemsIf(stage !== 'none', `stage ${stage}`),
        itemsIf(workers > 1, `${workers} workers`),
        spellConfig(config),
      ].flat();
      return [
        `${id}: ${title}${textIf(needs.length > 0, ` (needs ${needs.join(', ')})`)}`,
        `  on        ${node}`,
        `  command   ${command}`,
        `  expected  ${expected}`,
      ].join('\n');
    })
    .join('\n\n');
}
