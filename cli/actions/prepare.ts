import * as fs from 'node:fs';
import type { LabConfig } from '../../components/config';
import { labs as labsOnMachine } from '../../provider/local/shared/slots';
import * as toolchain from '../../toolchain';
import { accountOf } from '../account/account';
import { cloudFindings } from '../doctor/cloud';
import { diskFinding, labNeeds, type Need, setUpNeeds, workingNeeds } from '../doctor/disk';
import { type Finding, findingOf, type Probe } from '../doctor/finding';
import { kernelFindings } from '../doctor/kernel';
import { machineProbes } from '../doctor/host';
import { jumpPortProbe, poolProbe, slotsProbe } from '../doctor/network';
import { type Failure, unable } from '../errors';
import type { Lab } from '../lab/name';
import type { Progress } from '../ui/progress';
import { stackFile } from '../engine/project';
import { found, setUp } from './ensure-toolchain';

// What of ./lab doctor is looked at before anything is made, so that it isn't found out halfway.

/** A lab that is asked for. */
export interface Wanted {
  lab: Lab;
  config: LabConfig;
}

/** What was found of one place, and whose. */
interface Examined {
  /** Those that the findings are about. */
  labs: Wanted[];
  findings: Finding[];
  what: string;
  who: string;
  where: string;
}

const isHere = ({ lab }: Wanted): boolean => labsOnMachine().includes(lab.stack);
const machinesOf = (labs: Wanted[]): number =>
  labs.reduce((sum, { config }) => sum + config.controllers + config.workers, 0);

function inWords(wanted: Wanted[]): string {
  if (wanted.length === 0) return 'what labs are made with';
  return wanted.length === 1 ? `lab ${wanted[0].lab.stack}` : `${wanted.length} labs`;
}

/** How many labs of a kind there are, by what tells the kinds apart. */
function groups<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item]);
  return found;
}

/** Where a lab's quotas are. */
const accountKey = ({ cloud, project, region, zone }: LabConfig): string =>
  [cloud, project, cloud === 'gcp' ? zone.replace(/-[a-z]$/, '') : region].join(' ');

/** What each account lacks for the labs that are to be in it. Those that were begun already are a part of what is in use there. */
async function accounts(wanted: Wanted[]): Promise<Examined[]> {
  const coming = wanted.filter(
    ({ lab }) => lab.cloud !== 'local' && !fs.existsSync(stackFile(lab.stack)),
  );
  return Promise.all(
    [...groups(coming, ({ config }) => accountKey(config)).values()].map(async (labs) => {
      const [{ lab, config }] = labs;
      const findings = await cloudFindings(accountOf(config), ...labs.map((one) => one.config));
      return {
        labs,
        findings,
        what: inWords(labs),
        who: `The account at ${lab.cloud.toUpperCase()}`,
        where: `./lab doctor --cloud ${lab.cloud}`,
      };
    }),
  );
}

/** What is going to be written, and where. */
async function needs(here: Wanted[], coming: Wanted[], complete: boolean): Promise<Need[]> {
  const ofLabs = [
    ...(here.length > 0 ? workingNeeds(here.length) : []),
    ...(coming.length > 0 ? labNeeds(machinesOf(coming), coming.length) : []),
  ];
  if (complete) return ofLabs;
  const items = await toolchain.plan();
  return [...setUpNeeds(items.some((item) => item.from.startsWith('built from'))), ...ofLabs];
}

/** Whether what was found is in the way. */
export const stands = ({ findings }: Examined): boolean =>
  findings.some(({ status }) => status === 'fail');

/** One Failure with everything that is in the way, wherever it is, and its cure. */
export function refusal(examined: Examined[]): Failure {
  const parts = examined.map(({ findings, what, who }) => {
    const bad = findings.filter(({ status }) => status === 'fail');
    const lines = bad.map(
      ({ title, found: there, cure }) => `  - ${title}: ${there}${cure && `\n    To do: ${cure}`}`,
    );
    return `${who} can't make ${what} now; nothing was begun:\n${lines.join('\n')}`;
  });
  return unable(
    parts.join('\n'),
    examined.map(({ where }) => `${where} looks at everything`).join('; '),
  );
}

async function look(here: Wanted[], coming: Wanted[], complete: boolean): Promise<Finding[]> {
  const written = await needs(here, coming, complete);
  const probes: Probe[] = [{ id: 'disk', title: 'Disk space', look: () => diskFinding(written) }];
  const jumpPort = ({ lab, config }: Wanted, ahead: number): Probe[] =>
    config.jumpCidrs.length > 0 ? [jumpPortProbe(lab.stack, config.publicPool, ahead)] : [];
  probes.push(...here.flatMap((one) => jumpPort(one, 0)), ...coming.flatMap(jumpPort));
  if (coming.length === 0) return Promise.all(probes.map(findingOf));
  const pools = groups(coming, ({ config }) => config.publicPool);
  const slots = new Map([...pools].map(([pool, labs]) => [pool, labs.length]));
  probes.push(
    ...machineProbes(coming.map(({ config }) => config)),
    poolProbe([...pools.keys()]),
    slotsProbe(slots),
  );
  // For labs that aren't here yet: what a lab that is here needs was tried for it.
  return [...(await Promise.all(probes.map(findingOf))), ...kernelFindings()];
}

/** What labs can be made with, and those that can't be made now. */
export interface Prepared {
  toolchain: toolchain.Toolchain;
  /** By stack: their account is short, and others' labs have theirs or are on this machine. */
  refused: Map<string, Failure>;
}

/**
 * Makes sure that this machine, and the accounts where labs are in clouds, can make all of these labs together, or with
 * none named what labs are made with, then that all which labs are made with is there. Throws one Failure (exit code 3)
 * with all that is in the way, before anything is made, where that leaves no lab to be made.
 */
export async function prepare(progress: Progress, ...wanted: Wanted[]): Promise<Prepared> {
  const complete = (await found()) !== undefined;
  const local = wanted.filter(({ lab }) => lab.cloud === 'local');
  const [here, coming] = [local.filter(isHere), local.filter((one) => !isHere(one))];
  const machine = {
    labs: wanted,
    what: inWords(wanted),
    who: 'This machine',
    where: './lab doctor',
  };
  const examined = [
    { ...machine, findings: await look(here, coming, complete) },
    ...(await accounts(wanted)),
  ];
  const short = examined.filter(stands);
  const hindered = new Set(short.flatMap(({ labs }) => labs));
  if (short.length > 0 && hindered.size === wanted.length) throw refusal(short);
  const made = await setUp(progress);
  // What could not be tried for want of a program can be now.
  if (!complete && coming.length > 0) {
    const again = { ...machine, findings: kernelFindings() };
    if (stands(again)) throw refusal([again]);
  }
  return {
    toolchain: made,
    refused: new Map(
      short.flatMap((one) => one.labs.map(({ lab }) => [lab.stack, refusal([one])])),
    ),
  };
}
