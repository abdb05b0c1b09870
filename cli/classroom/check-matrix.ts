import type { CheckResult, Report } from '../../checks';
import { itemsIf, textIf } from '../../util/optional';
import { cut, pad, textWidth } from '../../util/text-width';
import type { Student } from './roster';

/** Report on a student's lab, or the problem that prevented the checks. */
export interface Checked {
  student: Student;
  report?: Report;
  problem?: string;
}

const MARKS: Record<CheckResult['status'], string> = { pass: '.', fail: 'X', skip: '-' };

const LOWER_CASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPER_CASE = LOWER_CASE.toUpperCase();

/** Letter above the column of a check: a to z, then A to Z again and again. */
const letterOf = (index: number): string =>
  LOWER_CASE[index] ?? UPPER_CASE[(index - LOWER_CASE.length) % UPPER_CASE.length];

/** Lists every check that ran on any lab, in the order of the reports. */
function checksOf(reports: Report[]): { id: string; title: string }[] {
  return [
    ...new Map(
      reports.flatMap(({ checks }) => checks).map(({ id, title }) => [id, { id, title }]),
    ).values(),
  ];
}

/** Lists the failures of one check, one line per reason with the ids of the students. */
function failuresOf(id: string, checked: Checked[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { student, report } of checked) {
    const result = report?.checks.find((check) => check.id === id);
    if (result?.status === 'fail')
      reasons.set(result.reason, [...(reasons.get(result.reason) ?? []), student.id]);
  }
  return [...reasons].map(
    ([reason, ids]) => `  ${ids.join(', ')}: ${reason.split('\n').join('\n    ')}`,
  );
}

/** Formats the counts of a report: `16 passed, 1 failed, 7 skipped`. */
export const countsOf = ({ passed, failed, skipped }: Report): string =>
  `${passed} passed${textIf(failed > 0, `, ${failed} failed`)}${textIf(skipped > 0, `, ${skipped} skipped`)}`;

/**
 * Renders a row per student and a column of one character per check. Failures by check and labs
 * that could not be checked follow. `width` is the width of the terminal; long names are cut. Ends
 * without a newline.
 */
export function matrix(checked: Checked[], width = 100): string {
  const reports = checked.flatMap(({ report }) => report ?? []);
  const checks = checksOf(reports);
  const ids = Math.max(2, ...checked.map(({ student }) => student.id.length));
  const room = Math.max(
    7,
    Math.min(
      24,
      width -
        ids -
        checks.length -
        6 -
        Math.max(0, ...reports.map((report) => countsOf(report).length)),
    ),
  );
  const names = Math.min(
    room,
    Math.max(7, ...checked.map(({ student }) => textWidth(student.name))),
  );
  const line = (id: string, name: string, marks: string, said: string): string =>
    cut(`${id.padEnd(ids)}  ${pad(cut(name, names), names)}  ${marks}  ${said}`.trimEnd(), width);
  const rows = checked.map(({ student: { id, name }, report, problem = '' }) => {
    if (!report) return line(id, name, '?'.repeat(checks.length), problem.split('\n')[0]);
    const status = new Map(report.checks.map((check) => [check.id, check.status]));
    return line(
      id,
      name,
      checks.map((check) => MARKS[status.get(check.id) ?? 'skip']).join(''),
      countsOf(report),
    );
  });
  const failed = checks.flatMap((check, index) => {
    const who = failuresOf(check.id, checked);
    return itemsIf(who.length > 0, '', `${letterOf(index)}  ${check.id}: ${check.title}`, ...who);
  });
  const blind = checked
    .filter(({ report }) => !report)
    .map(({ student, problem }) => `  ${student.id} (${student.lab.stack}): ${problem}`);
  const well = reports.filter((report) => report.failed === 0).length;
  return [
    line('ID', 'STUDENT', checks.map((_, index) => letterOf(index)).join(''), ''),
    ...rows,
    ...itemsIf(checks.length > 0, '', '. passed, X failed, - skipped, ? not checked'),
    ...failed,
    ...itemsIf(blind.length > 0, '', 'Not checked:', ...blind),
    '',
    `${well} of ${checked.length} labs pass all checks that apply.`,
  ].join('\n');
}
