import * as fs from 'node:fs';
import { leftovers, sweep } from '../../provider/local/workspace/sweep';
import { until } from '../../checks/lab';
import { CloudError } from '../../components/cloud';
import { accountConfig, accountOf } from '../account/account';
import { Engine } from '../engine';
import { EngineProgress } from '../engine/progress';
import { EXIT, Failure, Interrupted, Locked, unable } from '../errors';
import { removeLabFiles } from '../lab/files';
import { labArgument, type Lab } from '../lab/name';
import type { Progress } from '../ui/progress';
import { stackFile } from '../engine/project';
import { damage, removeRecords } from '../engine/state-files';
import { inWords, since } from '../ui/duration';
import { adoptConfig } from '../lab/settings';
import { found, installed } from './ensure-toolchain';
import { inTurn } from '../lab/lock';

/** Destroys what the state knows. On this machine a destroy that fails is no obstacle: the sweep needs no state. */
async function destroy(engine: Engine, lab: Lab, progress: Progress): Promise<boolean> {
  const shown = new EngineProgress(progress, `Lab ${lab.stack}: reading its state`);
  try {
    const existed = await engine.destroy(lab.stack, {
      cure: `./lab down${labArgument(lab)} again`,
      onEvent: (event) => shown.handle(event),
      onInterrupt: () =>
        progress.say('Stopping: waiting for what is under way to end. Once more drops it.'),
    });
    shown.finish();
    return existed;
  } catch (error) {
    shown.finish(true);
    if (lab.cloud !== 'local' || error instanceof Interrupted || error instanceof Locked)
      throw error;
    progress.say(
      `The engine could not destroy it, so it is swept from this machine: ${(error as Error).message}`,
    );
    await sweep(lab.stack);
    // An engine can't forget what it can't read; its records go with the lab's files.
    if (!damage(lab.stack)) await engine.forget(lab.stack);
    return true;
  }
}

/** How long a cloud may take to forget what it was told to remove, in seconds; and how often it is asked, in milliseconds. */
const CLOUD_FORGETS = { within: 90, every: 3000 };

/** What a cloud still has of a lab, as the cloud says, whatever the state does. */
async function leftInCloud(lab: Lab, progress: Progress): Promise<string[]> {
  const step = progress.begin(`Asking ${lab.cloud.toUpperCase()} what is left of lab ${lab.stack}`);
  try {
    const account = accountOf(accountConfig(lab));
    const found = await until(
      CLOUD_FORGETS.within,
      () => account.remains(lab.stack),
      (remains) => remains.length === 0,
      CLOUD_FORGETS.every,
    );
    step.done();
    return found.map(({ kind, id }) => `${kind} ${id}`);
  } catch (error) {
    step.failed();
    throw error instanceof CloudError
      ? unable(
          `Whether something of lab ${lab.stack} is left could not be found out: ${error.message}`,
          `./lab audit ${lab.stack}`,
        )
      : error;
  }
}

/** What is left of the lab, asked of the cloud or of this machine; what this machine has of it is swept first. */
async function clear(lab: Lab, progress: Progress): Promise<string[]> {
  if (lab.cloud !== 'local') return leftInCloud(lab, progress);
  const swept = await sweep(lab.stack);
  for (const line of swept) progress.say(`Swept, as no state knew of it: ${line}`);
  return leftovers(lab.stack);
}

const notGone = (lab: Lab, left: string[]): Failure =>
  new Failure(
    `Lab ${lab.stack} is not all gone:\n${left.map((line) => `  ${line}`).join('\n')}`,
    EXIT.failed,
    `./lab down${labArgument(lab)} again`,
  );

/** Without an engine a lab goes from this machine all the same; what the state says of it is left to be corrected. */
async function downWithoutEngine(lab: Lab, progress: Progress): Promise<void> {
  const swept = await sweep(lab.stack);
  for (const line of swept) progress.say(`Swept: ${line}`);
  const left = await leftovers(lab.stack);
  removeLabFiles(lab.stack);
  if (left.length > 0) throw notGone(lab, left);
  progress.say(
    swept.length > 0
      ? `Lab ${lab.stack} is gone from this machine, and nothing of it is left.`
      : `There is nothing of a lab ${lab.stack} on this machine.`,
  );
  if (!fs.existsSync(stackFile(lab.stack))) return;
  progress.say(
    `Its stack's record stays, as the programs to change it are not installed (./lab start): the next up or down of lab ${lab.stack} corrects it.`,
  );
}

/** Removes a lab with all that is in it, and makes sure that nothing of it is left. Throws a Failure where something is; Locked while another command changes it. */
export const takeDown = (lab: Lab, progress: Progress): Promise<void> =>
  inTurn(lab, 'down', () => remove(lab, progress));

async function remove(lab: Lab, progress: Progress): Promise<void> {
  const started = Date.now();
  if (lab.cloud === 'local' && !(await found())) return downWithoutEngine(lab, progress);
  const engine = await Engine.open(await installed());
  // The audit asks the account that the lab was made in.
  if (lab.cloud !== 'local') adoptConfig(lab, (await engine.snapshot(lab.stack))?.outputs);
  const existed = await destroy(engine, lab, progress);
  const left = await clear(lab, progress);
  removeLabFiles(lab.stack);
  removeRecords(lab.stack);
  if (left.length > 0) throw notGone(lab, left);
  progress.say(
    existed
      ? `Lab ${lab.stack} is gone, and nothing of it is left, in ${inWords(since(started))}`
      : `There was no lab ${lab.stack}; nothing of it is left.`,
  );
}
