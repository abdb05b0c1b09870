import * as fs from 'node:fs';
import type { LabConfig } from '../components/config';
import { labs as labsOnMachine } from '../provider/local/slots';
import * as toolchain from '../toolchain';
import { accountOf } from './account/account';
import { cloudFindings } from './doctor/cloud';
import { diskFinding, labNeeds, type Need, setUpNeeds, workingNeeds } from './doctor/disk';
import { type Finding, findingOf, type Probe } from './doctor/finding';
import { kernelFindings } from './doctor/kernel';
import { machineProbes } from './doctor/machine';
import { jumpPortProbe, poolProbe } from './doctor/network';
import { unable } from './failure';
import type { Lab } from './names';
import type { Progress } from './progress';
import { stackFile } from './project';
import { found, setUp } from './set-up';

// What of ./lab doctor is looked at before anything is made, so that it isn't found out halfway.

/** A lab that is asked for, and whether this machine has something of it already. */
interface Wanted {
  lab: Lab;
  config: LabConfig;
}

const isHere = ({ lab }: Wanted): boolean => labsOnMachine().includes(lab.stack);
const machinesOf = ({ config }: Wanted): number => config.controllers + config.workers;
const isLocal = (wanted: Wanted | undefined): wanted is Wanted => wanted?.lab.cloud === 'local';

/** Whether the account has room for a lab in a cloud. One that was begun already is a part of what is in use there. */
async function refuseAccount({ lab, config }: Wanted): Promise<void> {
  if (lab.cloud === 'local' || fs.existsSync(stackFile(lab.stack))) return;
  const findings = await cloudFindings(accountOf(config), config);
  refuse(findings, `lab ${lab.stack}`, `The account at ${lab.cloud.toUpperCase()}`, `./lab doctor --cloud ${lab.cloud}`);
}

/** What is going to be written, and where. */
async function needs(wanted: Wanted | undefined, complete: boolean): Promise<Need[]> {
  const ofLab = isLocal(wanted) ? (isHere(wanted) ? workingNeeds() : labNeeds(machinesOf(wanted))) : [];
  if (complete) return ofLab;
  const items = await toolchain.plan();
  return [...setUpNeeds(items.some((item) => item.from.startsWith('built from'))), ...ofLab];
}

/** Throws one Failure with everything that is in the way, and its cure. */
export function refuse(findings: Finding[], what: string, who = 'This machine', where = './lab doctor'): void {
  const failed = findings.filter((finding) => finding.status === 'fail');
  if (failed.length === 0) return;
  const lines = failed.map(({ title, found: there, cure }) => `  - ${title}: ${there}${cure && `\n    To do: ${cure}`}`);
  throw unable(`${who} can't make ${what} now; nothing was begun:\n${lines.join('\n')}`, `${where} looks at everything`);
}

async function look(wanted: Wanted | undefined, complete: boolean): Promise<Finding[]> {
  const written = await needs(wanted, complete);
  const probes: Probe[] = [{ id: 'disk', title: 'Disk space', look: () => diskFinding(written) }];
  if (isLocal(wanted) && wanted.config.jumpCidrs.length > 0) probes.push(jumpPortProbe(wanted.lab.stack, wanted.config.publicPool));
  if (!isLocal(wanted) || isHere(wanted)) return Promise.all(probes.map(findingOf));
  probes.push(...machineProbes(machinesOf(wanted)), poolProbe([wanted.config.publicPool]));
  // For a lab that isn't here yet: what a lab that is here needs was tried for it.
  return [...(await Promise.all(probes.map(findingOf))), ...kernelFindings()];
}

/**
 * Makes sure that this machine, and the account where the lab is in a cloud, can make a lab, or with none named what labs are made with, then that all which labs are
 * made with is there. Throws a Failure (exit code 3) with all that is in the way, before anything is made.
 */
export async function prepare(progress: Progress, wanted?: Wanted): Promise<toolchain.Toolchain> {
  const complete = (await found()) !== undefined;
  const what = wanted ? `lab ${wanted.lab.stack}` : 'what labs are made with';
  const findings = await look(wanted, complete);
  refuse(findings, what);
  if (wanted) await refuseAccount(wanted);
  const made = await setUp(progress);
  // What could not be tried for want of a program can be now.
  if (!complete && isLocal(wanted) && !isHere(wanted)) refuse(kernelFindings(), what);
  return made;
}
