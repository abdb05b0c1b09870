import * as fs from 'node:fs';
import { leftovers, sweep } from '../../provider/local/workspace/sweep';
import { until } from '../../checks/lab';
import { CloudError } from '../../components/cloud';
import { type Account, accountOf, type OrphanQuery, type Remain } from '../account/account';
import { accountConfigOf } from '../account/place';
import { Engine } from '../engine';
import { EngineProgress } from '../engine/progress';
import { EXIT, Failure, Interrupted, Locked, unable } from '../errors';
import { removeLabFiles } from '../lab/files';
import { labArgument, type Lab } from '../lab/name';
import {
  noteLeftovers,
  ofAnotherLab,
  orphanQuery,
  removeOrphans,
  settleInterrupted,
} from '../account/orphans';
import type { Progress } from '../ui/progress';
import { stackFile } from '../engine/project';
import { damage, removeRecords } from '../engine/state-files';
import { inWords, since } from '../ui/duration';
import { adoptConfig } from '../lab/settings';
import { found, installed } from './ensure-toolchain';
import type { Snapshot } from '../engine/snapshot';
import { inTurn } from '../lab/lock';

/**
 * Destroys the resources in the state. If that fails for a local lab, sweeps the lab from the host:
 * the sweep needs no state.
 */
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
    if (existed && lab.cloud === 'local') await engine.remove(lab.stack);
    return existed;
  } catch (error) {
    shown.finish(true);
    if (lab.cloud !== 'local' || error instanceof Interrupted || error instanceof Locked)
      throw error;
    progress.say(
      `The engine could not destroy it, so it is swept from this machine: ${(error as Error).message}`,
    );
    await sweep(lab.stack);
    // The engine can't remove a stack whose state is damaged. The caller deletes that state with
    // the lab's files.
    if (!damage(lab.stack)) await engine.forget(lab.stack);
    return true;
  }
}

/**
 * Limits for a cloud to stop listing deleted resources: `within` in seconds, `every` in
 * milliseconds between requests.
 */
const CLOUD_FORGETS = { within: 90, every: 3000 };

/** A cloud lab's account and its resources, read before the destroy empties the state. */
interface Ownership {
  account: Account;
  query: OrphanQuery;
}

/**
 * Deletes resources that the destroy left in the lab's cloud; returns the resources that still
 * exist.
 */
async function leftInCloud(
  lab: Lab,
  { account, query }: Ownership,
  progress: Progress,
): Promise<string[]> {
  const step = progress.begin(`Asking ${lab.cloud.toUpperCase()} what is left of lab ${lab.stack}`);
  const ask = (): Promise<Remain[]> =>
    until(
      CLOUD_FORGETS.within,
      async () => {
        const found = await account.remains(lab.stack);
        // Resources of another lab of the same name are not deleted.
        const others = new Set(query.state ? ofAnotherLab(found, query.state) : []);
        return found.filter((remain) => !others.has(remain));
      },
      (remains) => remains.length === 0,
      CLOUD_FORGETS.every,
    );
  try {
    let found = await ask();
    if (found.length > 0 && query.state) {
      await removeOrphans(
        account,
        { ...query, known: new Set() },
        {
          progress,
          why: 'was left by the destroy',
          cure: `delete them by hand, then ./lab down${labArgument(lab)} again`,
        },
      );
      found = await ask();
    }
    step.done();
    return found.map(({ kind, id, place }) => `${kind} ${id} (${place})`);
  } catch (error) {
    step.failed();
    throw error instanceof CloudError
      ? unable(
          `Whether something of lab ${lab.stack} is left could not be found out: ${error.message}`,
          `./lab down${labArgument(lab)} again, or ./lab audit ${lab.stack}`,
        )
      : error;
  }
}

/** Lists a lab's leftovers, in its cloud or on this host. Leftovers on this host are swept first. */
async function clear(
  lab: Lab,
  ownership: Ownership | undefined,
  progress: Progress,
): Promise<string[]> {
  if (ownership) return leftInCloud(lab, ownership, progress);
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

/** Resources of the lab's name when this backend knows no state of the lab: nothing is deleted then. */
const notOurs = (lab: Lab, left: string[]): Failure =>
  new Failure(
    `No state here knows these resources of a lab named ${lab.stack}:\n${left.map((line) => `  ${line}`).join('\n')}`,
    EXIT.failed,
    `./lab down${labArgument(lab)} where its state is (PULUMI_BACKEND_URL), or delete them by hand`,
  );

/** Removes a local lab without an engine. The lab's state is not corrected. */
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

/**
 * Removes a lab with everything in it, and makes sure that no leftovers exist. Throws a Failure
 * that lists leftovers, Locked while another command changes the lab.
 */
export const takeDown = (lab: Lab, progress: Progress): Promise<void> =>
  inTurn(lab, 'down', () => remove(lab, progress));

/** Prints which of the lab's cloud resources exist after a failed destroy: they cost money. */
async function tellRemains(lab: Lab, { account }: Ownership, progress: Progress): Promise<void> {
  try {
    const found = await account.remains(lab.stack);
    if (found.length === 0) return;
    const lines = found.map(({ kind, id, place }) => `  ${kind} ${id} (${place})`);
    progress.say(`The destroy failed. These of lab ${lab.stack} exist:\n${lines.join('\n')}`);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    progress.say(`What of lab ${lab.stack} exists could not be found out: ${error.message}`);
  }
}

/** Deletes the leftovers of an interrupted run, then destroys the cloud lab. */
async function destroyInCloud(
  engine: Engine,
  lab: Lab,
  { ownership, snapshot }: { ownership: Ownership; snapshot: Snapshot | undefined },
  progress: Progress,
): Promise<boolean> {
  await settleInterrupted(lab, snapshot, progress);
  noteLeftovers(lab, snapshot);
  try {
    return await destroy(engine, lab, progress);
  } catch (error) {
    if (!(error instanceof Interrupted || error instanceof Locked))
      await tellRemains(lab, ownership, progress);
    throw error;
  }
}

async function removeLab(engine: Engine, lab: Lab, progress: Progress): Promise<boolean> {
  if (lab.cloud === 'local') {
    const existed = await destroy(engine, lab, progress);
    const left = await clear(lab, undefined, progress);
    removeRecordsOf(lab);
    if (left.length > 0) throw notGone(lab, left);
    return existed;
  }
  const snapshot = await engine.snapshot(lab.stack);
  // The file stays until no leftovers exist, so that a second `down` asks the same account.
  adoptConfig(lab, snapshot?.outputs);
  const ownership = {
    account: accountOf(accountConfigOf(lab, snapshot)),
    query: orphanQuery(lab, snapshot),
  };
  const existed = await destroyInCloud(engine, lab, { ownership, snapshot }, progress);
  const left = await clear(lab, ownership, progress);
  if (left.length > 0) throw ownership.query.state ? notGone(lab, left) : notOurs(lab, left);
  if (existed) await engine.remove(lab.stack);
  removeRecordsOf(lab);
  return existed;
}

function removeRecordsOf({ stack }: Lab): void {
  removeLabFiles(stack);
  removeRecords(stack);
}

async function remove(lab: Lab, progress: Progress): Promise<void> {
  const started = Date.now();
  if (lab.cloud === 'local' && !(await found())) return downWithoutEngine(lab, progress);
  const engine = await Engine.open(await installed());
  const existed = await removeLab(engine, lab, progress);
  progress.say(
    existed
      ? `Lab ${lab.stack} is gone, and nothing of it is left, in ${inWords(since(started))}`
      : `There was no lab ${lab.stack}; nothing of it is left.`,
  );
}
