import * as fs from 'node:fs';
import { CloudError } from '../../components/cloud';
import type { LabConfig } from '../../components/config';
import { labs as labsOnMachine } from '../../provider/local';
import * as toolchain from '../../toolchain';
import { accountOf, CLOUDS_OF_ACCOUNTS, type CloudOfAccounts } from '../account/account';
import { cloudFindings } from '../doctor/cloud';
import {
  cloudLabNeeds,
  diskFinding,
  labNeeds,
  type Need,
  setUpNeeds,
  workingNeeds,
} from '../doctor/disk';
import { type Finding, findingOf, type Probe } from '../doctor/finding';
import { kernelFindingsFor } from '../doctor/kernel';
import { machineProbes } from '../doctor/host';
import { execProbe, pathProbe, writableProbe } from '../doctor/places';
import { jumpPortProbe, poolProbe, slotsProbe } from '../doctor/network';
import { type Failure, unable } from '../errors';
import { placeOf } from './reject-downgrade';
import type { LabRef } from '../lab/name';
import type { Progress } from '../ui/progress';
import { stackFile, hasProviderPlugin } from '../engine';
import { itemsIf } from '../../util/optional';
import { found, foundTools, setUp, setUpTools } from './ensure-toolchain';
import { sum } from '../../util/sum';

// Checks the host and the cloud accounts before a lab is created, with the probes of `./lab
// doctor`.

/** A lab that the user asked for, and its config. */
export interface RequestedLab {
  lab: LabRef;
  config: LabConfig;
}

/** Findings about one host or account. */
interface Examined {
  /** Labs that the findings are about. */
  labs: RequestedLab[];
  findings: Finding[];
  what: string;
  who: string;
  where: string;
}

const isHere = ({ lab }: RequestedLab): boolean => labsOnMachine().includes(lab.stack);
const machinesOf = (labs: RequestedLab[]): number =>
  sum(labs.map(({ config }) => config.controllers + config.workers));

function describeLabs(wanted: RequestedLab[]): string {
  if (wanted.length === 0) return 'local labs';
  if (wanted.length === 1) return `lab ${wanted[0].lab.stack}`;
  return `${wanted.length} labs`;
}

/** Groups items by a key. */
function groups<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item]);
  return found;
}

/** Identifies the account and the region that a lab takes quota from. */
const accountKey = (config: LabConfig): string =>
  [config.cloud, config.project, placeOf(config)].join(' ');

/**
 * Makes sure that each cloud of these labs accepts the user's credentials. Throws one Failure (exit
 * code 3) that lists every cloud which does not.
 */
export async function requireCredentials(...wanted: RequestedLab[]): Promise<void> {
  const clouds = wanted.filter(({ lab }) => lab.cloud !== 'local');
  const labs = [...groups(clouds, ({ config }) => accountKey(config)).values()].map(([one]) => one);
  const asked = await Promise.allSettled(labs.map(({ config }) => accountOf(config).who()));
  const errors = asked
    .filter((one) => one.status === 'rejected')
    .map(({ reason }): unknown => reason);
  const unexpected = errors.find((error) => !(error instanceof CloudError));
  if (unexpected) throw unexpected;
  if (errors.length === 0) return;
  const messages = new Set(errors.map((error) => (error as Error).message));
  const names = new Set(clouds.map(({ lab }) => lab.cloud));
  throw unable(
    [...messages].join('\n'),
    `${[...names].map((cloud) => `./lab doctor --cloud ${cloud}`).join('; ')}, then run the same command again`,
  );
}

/**
 * Compares each account with the needs of the labs to be created there. Labs that exist already are
 * part of the account's usage.
 */
async function accounts(wanted: RequestedLab[]): Promise<Examined[]> {
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
        what: describeLabs(labs),
        who: `The account at ${lab.cloud.toUpperCase()}`,
        where: `./lab doctor --cloud ${lab.cloud}`,
      };
    }),
  );
}

/** Lists the clouds of these labs for which the engine has to download a provider plugin. */
const pluginsMissing = (wanted: RequestedLab[]): CloudOfAccounts[] =>
  CLOUDS_OF_ACCOUNTS.filter(
    (cloud) => wanted.some(({ lab }) => lab.cloud === cloud) && !hasProviderPlugin(cloud),
  );

/**
 * Returns the disk space for programs that are not installed yet: all programs for a local lab, a
 * few programs if all labs are in clouds.
 */
async function installNeeds(scope: toolchain.Scope): Promise<Need[]> {
  const items = await toolchain.plan(scope);
  if (items.length === 0) return [];
  return setUpNeeds(
    items.some(({ seconds }) => seconds.build),
    scope,
  );
}

/** Labs, grouped by what they need of the host. */
interface Split {
  /** Local labs that exist on the host. */
  here: RequestedLab[];
  coming: RequestedLab[];
  clouds: RequestedLab[];
  scope: toolchain.Scope;
}

/** Lists everything that is going to be written to the host's disks. */
async function needs({ here, coming, clouds, scope }: Split, complete: boolean): Promise<Need[]> {
  const all: Need[] = [];
  if (!complete) all.push(...(await installNeeds(scope)));
  if (here.length > 0) all.push(...workingNeeds(here.length));
  if (coming.length > 0) all.push(...labNeeds(machinesOf(coming), coming.length));
  if (clouds.length > 0) all.push(...cloudLabNeeds(clouds.length, pluginsMissing(clouds)));
  return all;
}

/** Returns whether a finding prevents the lab. */
export const stands = ({ findings }: Examined): boolean =>
  findings.some(({ status }) => status === 'fail');

/** Returns one Failure that lists every finding which prevents these labs, with its fix. */
export function refusal(examined: Examined[]): Failure {
  const parts = examined.map(({ findings, what, who }) => {
    const bad = findings.filter(({ status }) => status === 'fail');
    const lines = bad.map(
      ({ title, found: there, cure }) => `  - ${title}: ${there}${cure && `\n    To do: ${cure}`}`,
    );
    return `${who} can't run ${what}; nothing was changed:\n${lines.join('\n')}`;
  });
  return unable(
    parts.join('\n'),
    examined.map(({ where }) => `${where} checks everything`).join('; '),
  );
}

async function look(split: Split, complete: boolean): Promise<Finding[]> {
  const { here, coming, scope } = split;
  const written = await needs(split, complete);
  const probes: Probe[] = [
    pathProbe,
    writableProbe,
    execProbe(!complete && toolchain.makesImages(await toolchain.plan(scope))),
    { id: 'disk', title: 'Disk space', look: () => diskFinding(written) },
  ];
  const jumpPort = ({ lab, config }: RequestedLab, ahead: number): Probe[] =>
    itemsIf(config.jumpCidrs.length > 0, jumpPortProbe(lab.stack, config.publicPool, ahead));
  probes.push(...here.flatMap((one) => jumpPort(one, 0)), ...coming.flatMap(jumpPort));
  if (coming.length === 0) return Promise.all(probes.map(findingOf));
  const pools = groups(coming, ({ config }) => config.publicPool);
  const slots = new Map([...pools].map(([pool, labs]) => [pool, labs.length]));
  probes.push(
    ...machineProbes(coming.map(({ config }) => config)),
    poolProbe([...pools.keys()]),
    slotsProbe(slots),
  );
  // Kernel features are probed for new labs only: an existing lab has proven its features.
  const configs = coming.map(({ config }) => config);
  return [...(await Promise.all(probes.map(findingOf))), ...kernelFindingsFor(configs)];
}

/** Programs that labs need, and the labs that can't be created now. */
export interface Prepared {
  toolchain: toolchain.Tools;
  /**
   * Labs without enough quota in their account, keyed by stack. Empty if no lab can be created:
   * then `prepare` throws.
   */
  refused: Map<string, Failure>;
}

/**
 * Makes sure that the host and the cloud accounts have room for all of these labs together, then
 * installs missing programs. Without labs, prepares the host for local labs. Throws one Failure
 * (exit code 3) that lists every obstacle, before anything is created, if no lab can be created.
 */
export async function prepare(progress: Progress, ...wanted: RequestedLab[]): Promise<Prepared> {
  const local = wanted.filter(({ lab }) => lab.cloud === 'local');
  const clouds = wanted.filter(({ lab }) => lab.cloud !== 'local');
  const split: Split = {
    here: local.filter(isHere),
    coming: local.filter((one) => !isHere(one)),
    clouds,
    scope: clouds.length > 0 && local.length === 0 ? 'cloud' : 'local',
  };
  const complete = (await (split.scope === 'cloud' ? foundTools() : found())) !== undefined;
  const machine = {
    labs: wanted,
    what: describeLabs(wanted),
    who: 'This host',
    where: './lab doctor',
  };
  const examined = [
    { ...machine, findings: await look(split, complete) },
    ...(await accounts(wanted)),
  ];
  const short = examined.filter(stands);
  const hindered = new Set(short.flatMap(({ labs }) => labs));
  if (short.length > 0 && hindered.size === wanted.length) throw refusal(short);
  const made = await (split.scope === 'cloud' ? setUpTools(progress) : setUp(progress));
  // Some kernel features can be tried only with programs that were missing before.
  if (!complete && split.coming.length > 0) {
    const configs = split.coming.map(({ config }) => config);
    const again = { ...machine, findings: kernelFindingsFor(configs) };
    if (stands(again)) throw refusal([again]);
  }
  return {
    toolchain: made,
    refused: new Map(
      short.flatMap((one) => one.labs.map(({ lab }) => [lab.stack, refusal([one])])),
    ),
  };
}
