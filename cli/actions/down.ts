import * as fs from 'node:fs';
import { leftovers, sweep } from '../../provider/local';
import { poll } from '../../util/poll';
import { CloudError } from '../../components/cloud';
import { type Account, accountOf, type OrphanQuery, type CloudResource } from '../account/account';
import { accountConfigOf } from '../account/place';
import {
  Engine,
  type RunOptions,
  EngineProgress,
  stackFile,
  damagedState,
  removeRecords,
  type Snapshot,
} from '../engine';
import { EXIT, Failure, Interrupted, Locked, unable } from '../errors';
import { installCure } from '../lab/access';
import { removeLabFiles } from '../lab/files';
import { labArgument, type LabRef } from '../lab/name';
import {
  noteLeftovers,
  ofAnotherLab,
  orphanQuery,
  removeOrphans,
  settleInterrupted,
} from '../account/orphans';
import type { Progress } from '../ui/progress';
import { formatDuration, since } from '../ui/duration';
import { adoptConfig } from '../lab/settings';
import { found, installed } from './ensure-toolchain';
import { withLabLock } from '../lab/lock';

/**
 * Destroys the resources of a cloud lab. A refresh looks up each of some 70 resources, so it runs
 * only after a failure: it repairs the failure of a resource that was deleted by hand.
 */
async function destroyRefreshed(
  engine: Engine,
  lab: LabRef,
  options: RunOptions,
  progress: Progress,
): Promise<boolean> {
  try {
    return await engine.destroy(lab.stack, { ...options, refresh: false });
  } catch (error) {
    if (error instanceof Interrupted || error instanceof Locked) throw error;
    progress.say(
      `The destroy failed, so each resource is looked up, and the rest destroyed: ${(error as Error).message}`,
    );
    return engine.destroy(lab.stack, { ...options, refresh: true });
  }
}

/**
 * Destroys the resources in the state. If that fails for a local lab, sweeps the lab from the host:
 * the sweep needs no state.
 */
async function destroy(engine: Engine, lab: LabRef, progress: Progress): Promise<boolean> {
  const shown = new EngineProgress(progress, `Lab ${lab.stack}: reading its state`);
  try {
    const options: RunOptions = {
      cure: `./lab down${labArgument(lab)} again`,
      onEvent: (event) => shown.handle(event),
      onFullDisk: (text) => progress.say(text),
      onInterrupt: () =>
        progress.say('Stopping: waiting for running operations. Ctrl-C again aborts them.'),
    };
    let existed: boolean;
    if (lab.cloud === 'local')
      existed = await engine.destroy(lab.stack, { ...options, refresh: false });
    else existed = await destroyRefreshed(engine, lab, options, progress);
    shown.finish();
    if (existed && lab.cloud === 'local') await engine.remove(lab.stack);
    return existed;
  } catch (error) {
    shown.finish(true);
    if (lab.cloud !== 'local' || error instanceof Interrupted || error instanceof Locked)
      throw error;
    progress.say(
      `The engine could not destroy the lab, so it is swept from this host: ${(error as Error).message}`,
    );
    await sweep(lab.stack);
    // The engine can't remove a stack with a damaged state. The caller deletes that state with
    // the lab's files.
    if (!damagedState(lab.stack)) await engine.forget(lab.stack);
    return true;
  }
}

/** Time limit for a cloud to stop listing deleted resources. */
const CLOUD_FORGETS = { limit: 90_000, interval: 3000 };

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
  lab: LabRef,
  { account, query }: Ownership,
  progress: Progress,
): Promise<string[]> {
  const step = progress.begin(
    `Searching ${lab.cloud.toUpperCase()} for leftovers of lab ${lab.stack}`,
  );
  const ask = (): Promise<CloudResource[]> =>
    poll(
      async () => {
        const found = await account.remains(lab.stack);
        // Resources of another lab of the same name are not deleted.
        if (!query.state) return found;
        const others = new Set(ofAnotherLab(found, query.state));
        return found.filter((remain) => !others.has(remain));
      },
      { ...CLOUD_FORGETS, satisfies: (remains) => remains.length === 0 },
    );
  try {
    let found = await ask();
    if (found.length > 0 && query.state) {
      await removeOrphans(
        account,
        { ...query, known: new Set() },
        {
          progress,
          why: 'remained after the destroy',
          cure: `delete them by hand, then ./lab down${labArgument(lab)} again`,
        },
      );
      found = await ask();
    }
    step.done();
    return found.map(({ kind, id, place }) => `${kind} ${id} (${place})`);
  } catch (error) {
    step.failed();
    if (!(error instanceof CloudError)) throw error;
    throw unable(
      `Could not search for leftovers of lab ${lab.stack}: ${error.message}`,
      `./lab down${labArgument(lab)} again, or ./lab audit ${lab.stack}`,
    );
  }
}

/** Lists a lab's leftovers, in its cloud or on this host. Leftovers on this host are swept first. */
async function clear(
  lab: LabRef,
  ownership: Ownership | undefined,
  progress: Progress,
): Promise<string[]> {
  if (ownership) return leftInCloud(lab, ownership, progress);
  const swept = await sweep(lab.stack);
  for (const line of swept) progress.say(`Removed, though in no state: ${line}`);
  return leftovers(lab.stack);
}

const notGone = (lab: LabRef, left: string[]): Failure =>
  new Failure(
    `Leftovers of lab ${lab.stack} exist:\n${left.map((line) => `  ${line}`).join('\n')}`,
    EXIT.failed,
    `./lab down${labArgument(lab)} again`,
  );

/** Resources of the lab's name when this backend knows no state of the lab: nothing is deleted then. */
const notOurs = (lab: LabRef, left: string[]): Failure =>
  new Failure(
    `No state here knows these resources of a lab named ${lab.stack}:\n${left.map((line) => `  ${line}`).join('\n')}`,
    EXIT.failed,
    `./lab down${labArgument(lab)} where its state is (PULUMI_BACKEND_URL), or delete them by hand`,
  );

/** Removes a local lab without an engine. The lab's state is not corrected. */
async function downWithoutEngine(lab: LabRef, progress: Progress): Promise<void> {
  const swept = await sweep(lab.stack);
  for (const line of swept) progress.say(`Removed: ${line}`);
  const left = await leftovers(lab.stack);
  removeLabFiles(lab.stack);
  if (left.length > 0) throw notGone(lab, left);
  if (swept.length > 0)
    progress.say(`Lab ${lab.stack} is removed from this host, without leftovers.`);
  else progress.say(`No resources of a lab ${lab.stack} exist on this host.`);
  if (!fs.existsSync(stackFile(lab.stack))) return;
  progress.say(
    `Its stack is kept, because the programs to change it are not installed (./lab start). The next up or down of lab ${lab.stack} corrects it.`,
  );
}

/**
 * Removes a lab with everything in it, and makes sure that no leftovers exist. Throws a Failure
 * that lists leftovers, Locked while another command changes the lab.
 */
export const takeDown = (lab: LabRef, progress: Progress): Promise<void> =>
  withLabLock(lab, 'down', () => remove(lab, progress));

/** Prints which of the lab's cloud resources exist after a failed destroy: they cost money. */
async function tellRemains(lab: LabRef, { account }: Ownership, progress: Progress): Promise<void> {
  try {
    const found = await account.remains(lab.stack);
    if (found.length === 0) return;
    const lines = found.map(({ kind, id, place }) => `  ${kind} ${id} (${place})`);
    progress.say(
      `The destroy failed. These resources of lab ${lab.stack} exist:\n${lines.join('\n')}`,
    );
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    progress.say(`Could not list the resources of lab ${lab.stack}: ${error.message}`);
  }
}

/** Deletes the leftovers of an interrupted run, then destroys the cloud lab. */
async function destroyInCloud(
  engine: Engine,
  lab: LabRef,
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

async function removeLab(engine: Engine, lab: LabRef, progress: Progress): Promise<boolean> {
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
  if (left.length > 0 && ownership.query.state) throw notGone(lab, left);
  if (left.length > 0) throw notOurs(lab, left);
  if (existed) await engine.remove(lab.stack);
  removeRecordsOf(lab);
  return existed;
}

function removeRecordsOf({ stack }: LabRef): void {
  removeLabFiles(stack);
  removeRecords(stack);
}

async function remove(lab: LabRef, progress: Progress): Promise<void> {
  const started = Date.now();
  if (lab.cloud === 'local' && !(await found())) return downWithoutEngine(lab, progress);
  const engine = await Engine.open(await installed(installCure(lab)));
  const existed = await removeLab(engine, lab, progress);
  const time = formatDuration(since(started));
  if (existed) progress.say(`Lab ${lab.stack} is removed, without leftovers, in ${time}`);
  else progress.say(`Lab ${lab.stack} does not exist, and has no leftovers.`);
}
