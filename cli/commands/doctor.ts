import type { Command } from 'commander';
import { parseConfig } from '../../components/config';
import { plan as missingItems } from '../../toolchain';
import { diskFinding, labNeeds, setUpNeeds } from '../doctor/disk';
import { type Finding, findingOf, type Probe } from '../doctor/finding';
import { kernelFindings } from '../doctor/kernel';
import { machineProbes, stateProbe } from '../doctor/machine';
import { poolProbe } from '../doctor/network';
import { programProbes } from '../doctor/programs';
import { EXIT } from '../failure';
import { print, printJson } from '../terminal';

const MARKS: Record<Finding['status'], string> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

/** Machines of a lab as the article has it. */
const { controllers, workers } = parseConfig({});
const MACHINES = controllers + workers;

/** What a first lab writes here: what is there of the toolchain isn't written again. */
async function diskProbe(): Promise<Probe> {
  const missing = await missingItems().catch(() => undefined);
  const setUp = missing?.length === 0 ? [] : setUpNeeds(missing?.some((item) => item.from.startsWith('built from')) ?? true);
  return { id: 'disk', title: 'Disk space', look: () => diskFinding([...setUp, ...labNeeds(MACHINES)]) };
}

/** Everything that a lab asks of this machine. Changes nothing lasting. */
async function examine(): Promise<Finding[]> {
  const probes = [...machineProbes(MACHINES), stateProbe, await diskProbe(), poolProbe(), ...programProbes];
  const findings = await Promise.all(probes.map(findingOf));
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
