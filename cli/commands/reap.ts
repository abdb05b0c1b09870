import type { Command } from 'commander';
import { CloudError } from '../../components/cloud';
import { type Search, searchEverywhere } from '../account/everywhere';
import type { Engine } from '../engine';
import { type Ending, endings, isPast } from '../lab/expiry';
import type { CloudOfAccounts } from '../account/account';
import { EXIT, Failure, Interrupted, unable } from '../errors';
import type { LabRef } from '../lab/name';
import { ownerElsewhere } from '../lab/ownership';
import { progressOn, type Progress } from '../ui/progress';
import { engineOfStates } from '../actions/open-engine';
import { takeDown } from '../actions/down';
import { takeOver } from '../actions/take-over';
import { columns, confirm, print, printJson } from '../ui/prompt';
import { textIf } from '../../util/optional';
import { cloudOption } from './options';

interface Options {
  cloud?: CloudOfAccounts;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** Outcome for one expired lab. */
interface Reaped {
  lab: string;
  expires: string;
  outcome: 'due' | 'gone' | 'failed';
  /** Why the lab still exists, and what to do. */
  problem?: string;
}

/** Searches a cloud for resources of labs, if the user named a cloud. */
async function searchOf(
  cloud: CloudOfAccounts | undefined,
  engine: Engine | undefined,
): Promise<Omit<Search, 'searched'>> {
  if (cloud === undefined) return { found: [], failed: [], limits: [] };
  try {
    return await searchEverywhere(cloud, engine);
  } catch (error) {
    throw error instanceof CloudError ? unable(error.message, '') : error;
  }
}

const ELSEWHERE =
  'it exists in the cloud, but in no state here: run ./lab reap where its state is (PULUMI_BACKEND_URL), or delete by hand what ./lab audit lists';

/** Deletes an expired lab, also one of another state: the host has every part of a local lab. */
async function remove(lab: LabRef, progress: Progress): Promise<void> {
  const owner = ownerElsewhere(lab);
  if (!owner) return takeDown(lab, progress);
  await takeOver(lab, progress);
  progress.say(
    `Lab ${lab.stack} is deleted. Its record in ${owner.backend ?? owner.state} stays until the next up or down there.`,
  );
}

async function reapOne({ lab, expires, from }: Ending, progress: Progress): Promise<Reaped> {
  const one = { lab: lab.stack, expires };
  if (from === 'cloud') return { ...one, outcome: 'failed', problem: ELSEWHERE };
  try {
    await remove(lab, progress);
    return { ...one, outcome: 'gone' };
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    // A failure of one account must not keep the other labs.
    if (error instanceof CloudError) return { ...one, outcome: 'failed', problem: error.message };
    if (!(error instanceof Failure)) throw error;
    return {
      ...one,
      outcome: 'failed',
      problem: `${error.message}${textIf(error.cure, ` To do: ${error.cure}`)}`,
    };
  }
}

function show(reaped: Reaped[]): void {
  print(
    columns([
      ['NAME', 'EXPIRED', 'OUTCOME'],
      ...reaped.map(({ lab, expires, outcome }) => [lab, expires, outcome]),
    ]),
  );
  for (const { lab, problem } of reaped) if (problem) print(`\n${lab} still exists: ${problem}`);
}

async function reap({ cloud, dryRun, yes, json }: Options): Promise<void> {
  const engine = await engineOfStates();
  const { found, failed, limits } = await searchOf(cloud, engine);
  const due = (await endings(engine, found)).filter((ending) => isPast(ending));
  const names = due.map(({ lab }) => lab.stack);
  if (due.length > 0 && !dryRun)
    await confirm(`Remove expired labs: ${names.join(', ')}?`, yes ?? false);
  // With --json, standard output holds only JSON.
  const progress = progressOn(json ? process.stderr : process.stdout);
  const reaped: Reaped[] = [];
  try {
    for (const ending of due)
      reaped.push(
        dryRun
          ? { lab: ending.lab.stack, expires: ending.expires, outcome: 'due' }
          : await reapOne(ending, progress),
      );
  } finally {
    progress.close();
  }
  if (json) printJson(reaped);
  else if (reaped.length === 0) print('No lab has expired.');
  else show(reaped);
  for (const line of [...failed, ...limits]) process.stderr.write(`${line}\n`);
  process.exitCode = exitCode(reaped, failed);
}

/** Returns 1 if an expired lab still exists, 3 if part of the cloud could not be asked. */
function exitCode(reaped: Reaped[], failed: string[]): number {
  if (reaped.some(({ outcome }) => outcome === 'failed')) return EXIT.failed;
  return failed.length > 0 ? EXIT.machine : EXIT.well;
}

export function register(program: Command): void {
  program
    .command('reap')
    .description(
      'remove every expired lab (config key expires), and make sure that no leftovers exist; exit 1 if one is left, 3 if a cloud could not be asked',
    )
    .addOption(cloudOption('also search this cloud for labs with a state elsewhere'))
    .option('--dry-run', 'only list them')
    .option('--json', 'print one JSON array')
    .option('--yes', 'do not ask for confirmation')
    .action(reap);
}
