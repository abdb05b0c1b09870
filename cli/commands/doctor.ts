import type { Command } from 'commander';
import type { Finding, Probe } from '../doctor/finding';
import { kernelFindings } from '../doctor/kernel';
import { machineProbes } from '../doctor/machine';
import { networkProbes } from '../doctor/network';
import { programProbes } from '../doctor/programs';
import { EXIT } from '../failure';
import { print, printJson } from '../terminal';

const MARKS: Record<Finding['status'], string> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

/** One probe's finding; what it could not find out is a failure with that reason. */
async function findingOf({ id, title, look }: Probe): Promise<Finding> {
  try {
    return { id, title, ...(await look()) };
  } catch (error) {
    return { id, title, status: 'fail', found: `could not be looked at: ${(error as Error).message.split('\n')[0]}`, cure: '' };
  }
}

/** Everything that a lab asks of this machine. Changes nothing lasting. */
async function examine(): Promise<Finding[]> {
  const findings = await Promise.all([...machineProbes, ...networkProbes, ...programProbes].map(findingOf));
  return [...findings, ...kernelFindings()];
}

function show(findings: Finding[]): void {
  const width = Math.max(...findings.map((finding) => finding.title.length));
  for (const finding of findings) {
    print(`${MARKS[finding.status]}  ${finding.title.padEnd(width)}  ${finding.found}`);
    if (finding.cure) print(`      ${''.padEnd(width)}  To do: ${finding.cure}`);
  }
  const failed = findings.filter((finding) => finding.status === 'fail').length;
  print(`\n${failed === 0 ? 'This machine can run a lab.' : `${failed} ${failed === 1 ? 'thing keeps' : 'things keep'} this machine from running a lab.`}`);
  print('A local lab is no boundary: root in a node (sudo) can harm this machine. For people you do not trust, use a cloud.');
}

async function doctor({ json }: { json?: boolean }): Promise<void> {
  const findings = await examine();
  if (json) printJson(findings);
  else show(findings);
  process.exitCode = findings.some((finding) => finding.status === 'fail') ? EXIT.machine : EXIT.well;
}

export function register(program: Command): void {
  program
    .command('doctor')
    .description('what this machine lacks to run a lab, each with its cure; changes nothing')
    .option('--json', 'print one JSON array')
    .action(doctor);
}
