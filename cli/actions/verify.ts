import { downReport, renderReport, type Report, verify } from '../../checks';
import { type UpLab, withAccess } from '../lab/access';
import { exitCodeOf, Interrupted } from '../errors';
import type { LabRef } from '../lab/name';
import type { Progress } from '../ui/progress';
import { interruptible } from '../ui/signals';
import { print } from '../ui/prompt';
import { saveVerification } from '../lab/last-verification';

/**
 * Runs the checks on a lab that is up, with progress output. Saves the result if all checks ran.
 */
export async function check(
  up: UpLab,
  kubectl: string,
  only: string[],
  progress: Progress,
): Promise<Report> {
  const step = progress.begin('Checks');
  let [total, ended] = [0, 0];
  const stopped = new Interrupted('Interrupted: the test pods were deleted.');
  const report = await interruptible(
    ({ signal }) => {
      const stop = new AbortController();
      signal.addEventListener('abort', () => stop.abort(stopped));
      return withAccess(up, kubectl, (access) =>
        verify(access, {
          only,
          signal: stop.signal,
          report: (event) => {
            if (event.kind === 'start') total = event.checks;
            else if (event.kind === 'leftover')
              progress.say(`The checks left something in the lab: ${event.message}`);
            else step.update(`${++ended} of ${total}, last ${event.result.id}`);
          },
        }),
      );
    },
    () => progress.say('Stopping: deleting the test pods.'),
  );
  step.done();
  if (only.length === 0) saveVerification(up.outputs.lab, report);
  return report;
}

/** Prints a report as text; returns the exit code. */
export function showReport(report: Report): number {
  const { isTTY, columns } = process.stdout;
  print(
    renderReport(report, {
      colour: isTTY && !process.env.NO_COLOR,
      // Unset in a pipe.
      width: columns,
    }),
  );
  return exitCodeOf(report.failed === 0);
}

/** Returns the report on a lab that is not up: every check fails. */
export const reportOnNothing = (lab: LabRef): Report =>
  downReport(lab.stack, lab.cloud, `lab ${lab.stack} is not up`);
