import { checks, downReport, renderList, renderReport } from '../../../checks';
import { each } from '../../support/each';
import type { CheckResult } from '../../../checks/check';

describe('renderReport', () => {
  const report = downReport('local', 'local', 'gone');

  test('prints colour codes only on request', () => {
    expect(renderReport(report, { colour: false })).not.toContain('\u001b');
    expect(renderReport(report, { colour: true })).toContain('\u001b[31m');
  });
  test('keeps the table within the width', () => {
    const longest = {
      ...report,
      checks: report.checks.map((check) => ({
        ...check,
        status: 'pass' as const,
        reason: '',
        evidence: 'x'.repeat(500),
      })),
    };
    expect(
      Math.max(
        ...renderReport(longest, { colour: false, width: 80 })
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
  });
  test('shows the summary line of the evidence and the number of other lines', () => {
    const passed = (id: string, evidence: string): CheckResult => ({
      ...report.checks.find((check) => check.id === id)!,
      status: 'pass',
      reason: '',
      evidence,
    });
    const shown = (check: CheckResult): string =>
      renderReport({ ...report, checks: [check] }, { colour: false }).split('\n')[0];
    expect(
      shown(passed('cni.config', 'worker-0:\n{\n  "ranges": [[{"subnet": "10.200.0.0/24"}]]\n}')),
    ).toMatch(/ok +"ranges": \[\[\{"subnet": "10\.200\.0\.0\/24"\}\]\] \(\+2\)$/);
    expect(shown(passed('cni.config', 'worker-0:\nelse\nmore'))).toMatch(/ok +else \(\+1\)$/);
    expect(shown(passed('nodes.ping', 'one\ntwo'))).toMatch(/ok +one \(\+1\)$/);
  });
  test('names the node of the reason if a check has several nodes', () => {
    const on = (reason: string): string =>
      renderReport(
        {
          ...report,
          checks: [{ ...report.checks[0], node: 'worker-0, worker-1, worker-10', reason }],
        },
        { colour: false },
      ).split('\n')[0];
    expect(on('worker-1 got no answer from worker-0')).toMatch(/^\S+ +worker-1, … +FAIL/);
    expect(on("worker-10's mtu is 1400")).toMatch(/^\S+ +worker-10, … +FAIL/);
    expect(on('something else')).toMatch(/^\S+ +worker-0, … +FAIL/);
  });
  test('shows command, expected output, evidence and reason of a failure', () => {
    const check = { ...report.checks[0], evidence: 'seen\nthis' };
    expect(renderReport({ ...report, checks: [check] }, { colour: false })).toMatch(
      /command .*\n {2}expected .*\n {2}got {7}seen\n {12}this\n {2}reason {4}gone/,
    );
  });
  test('prints a common reason of checks without evidence once', () => {
    expect(
      renderReport(report, { colour: false })
        .split('\n')
        .filter((line) => line.trim() === 'reason    gone'),
    ).toHaveLength(1);
  });
});

test('renderList lists every check', () => {
  each(checks, ({ id }) => expect(renderList(checks)).toContain(`${id}: `));
});
