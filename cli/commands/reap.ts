import * as fs from 'node:fs';
import type { Command } from 'commander';
import { CloudError } from '../../components/cloud';
import { type Search, searchEverywhere } from '../account/everywhere';
import { Engine } from '../engine';
import { stacksDirectory } from '../engine/project';
import { type Ending, endings, isPast } from '../lab/expiry';
import { EXIT, Failure, Interrupted, unable, usage } from '../errors';
import type { Lab } from '../lab/name';
import { ownerElsewhere } from '../lab/ownership';
import { progressOn, type Progress } from '../ui/progress';
import { foundTools, installed } from '../actions/ensure-toolchain';
import { takeDown } from '../actions/down';
import { takeOver } from '../actions/take-over';
import { columns, confirm, print, printJson } from '../ui/prompt';

interface Options {
  cloud?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** What a lab that is past its end came to. */
interface Reaped {
  lab: string;
  expires: string;
  outcome: 'due' | 'gone' | 'failed';
  /** Why it is still there, and what to do. */
  problem?: string;
}

/** Resources of labs in a cloud, if one is to be asked, and the limits of that search. */
async function searchOf(
  cloud: string | undefined,
  engine: Engine | undefined,
): Promise<Pick<Search, 'found' | 'limits'>> {
  if (cloud === undefined) return { found: [], limits: [] };
  if (cloud !== 'aws' && cloud !== 'gcp')
    throw usage(
      `--cloud ${cloud}: not one of aws, gcp`,
      './lab reap --cloud aws; labs of every cloud that the state knows are looked at anyway',
    );
  try {
    return await searchEverywhere(cloud, engine);
  } catch (error) {
    throw error instanceof CloudError ? unable(error.message, '') : error;
  }
}

const ELSEWHERE =
  'the cloud has it, and no state here: ./lab reap where its state is (PULUMI_BACKEND_URL), or remove what ./lab audit lists by hand';

/** Whether this user has states: stacks in the state directory, or a backend that the user chose. */
const hasStates = (): boolean =>
  Boolean(process.env.PULUMI_BACKEND_URL) ||
  (fs.existsSync(stacksDirectory()) && fs.readdirSync(stacksDirectory()).length > 0);

/** The engine on this user's states; `undefined` if there are none and no toolchain: local labs are found without both. */
async function engineOfState(): Promise<Engine | undefined> {
  const tools = await foundTools().catch(() => undefined);
  if (!tools && !hasStates()) return undefined;
  return Engine.open(tools ?? (await installed()));
}

/** Deletes a lab that is past its end, whichever state made it: the host knows all that there is of a local lab. */
async function remove(lab: Lab, progress: Progress): Promise<void> {
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
    // Of the other labs too: one account's failure must not keep theirs.
    if (error instanceof CloudError) return { ...one, outcome: 'failed', problem: error.message };
    if (!(error instanceof Failure)) throw error;
    return {
      ...one,
      outcome: 'failed',
      problem: `${error.message}${error.cure ? ` To do: ${error.cure}` : ''}`,
    };
  }
}

function show(reaped: Reaped[]): void {
  print(
    columns([
      ['NAME', 'ENDED', 'OUTCOME'],
      ...reaped.map(({ lab, expires, outcome }) => [lab, expires, outcome]),
    ]),
  );
  for (const { lab, problem } of reaped) if (problem) print(`\n${lab} is still there: ${problem}`);
}

async function reap({ cloud, dryRun, yes, json }: Options): Promise<void> {
  const engine = await engineOfState();
  const { found, limits } = await searchOf(cloud, engine);
  const due = (await endings(engine, found)).filter((ending) => isPast(ending));
  const names = due.map(({ lab }) => lab.stack);
  if (due.length > 0 && !dryRun)
    await confirm(`Remove what is past its end: ${names.join(', ')}?`, yes ?? false);
  // With --json, standard output is for a program.
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
  else if (reaped.length === 0) print('No lab is past its end.');
  else show(reaped);
  for (const limit of limits) process.stderr.write(`${limit}\n`);
  process.exitCode = reaped.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : EXIT.well;
}

export function register(program: Command): void {
  program
    .command('reap')
    .description(
      'remove every lab that is past its end (config key expires), and make sure that nothing of it is left',
    )
    .option('--cloud <CLOUD>', 'ask this cloud too, for labs whose state is not here: aws, gcp')
    .option('--dry-run', 'only tell which')
    .option('--json', 'print one JSON array')
    .option('--yes', 'do not ask')
    .action(reap);
}
