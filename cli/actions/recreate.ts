import * as fs from 'node:fs';
import { empty, labs as labsOnMachine } from '../../provider/local';
import { apply, bring, type UpSnapshot, wasUp } from './up';
import { notUp, type UpLab } from '../lab/access';
import {
  type Engine,
  stackFile,
  damagedState,
  discardState,
  repairState,
  parseUrn,
} from '../engine';
import { unable } from '../errors';
import { labArgument, type LabRef } from '../lab/name';
import type { Progress } from '../ui/progress';
import { formatDuration, since } from '../ui/duration';
import { adoptConfig } from '../lab/settings';
import { withLabLock } from '../lab/lock';
import { plural } from '../../util/plural';
import { settleCheckpoints } from './settle-checkpoints';
import { joinNames } from '../../util/join-names';

/** Resource types of a node's instance, one per cloud. */
const MACHINES = [
  'hardway:local:Instance',
  'aws:ec2/instance:Instance',
  'gcp:compute/instance:Instance',
];

/** Returns the URNs of a lab's instances; with `names`, only of these nodes. */
const machines = ({ resources }: UpSnapshot, names?: string[]): string[] =>
  resources
    .filter(
      ({ type, urn }) => MACHINES.includes(type) && (names?.includes(parseUrn(urn).name) ?? true),
    )
    .map(({ urn }) => urn);

/**
 * Repairs the state of a local lab. If nothing can repair it, sets it aside: the lab's keys are
 * lost, and the lab gets new ones.
 */
function salvage({ stack }: LabRef, progress: Progress): void {
  try {
    const repaired = repairState(stack);
    if (repaired) progress.say(repaired);
  } catch (error) {
    if (!damagedState(stack)) throw error;
    progress.say(
      `${(error as Error).message} It is kept as ${discardState(stack)}. The lab gets new keys: students with a card need a new card.`,
    );
  }
}

/** Deletes everything of a local lab except its slot and its state. */
async function takeAway(lab: LabRef, progress: Progress): Promise<void> {
  const step = progress.begin('Removing nodes, network and router');
  await empty(lab.stack);
  step.done();
}

/**
 * Recreates a lab in any state: same name, addresses, keys and config, new nodes. Throws a Failure
 * if the lab does not exist, Locked while another command changes it.
 */
export const recreate = (engine: Engine, lab: LabRef, progress: Progress): Promise<UpLab> =>
  withLabLock(lab, 'recreate', async () => {
    const isLocal = lab.cloud === 'local';
    if (
      !fs.existsSync(stackFile(lab.stack)) &&
      !(isLocal && labsOnMachine().includes(lab.stack)) &&
      !(await engine.snapshot(lab.stack))
    ) {
      throw unable(
        `Lab ${lab.stack} does not exist.`,
        `./lab up${labArgument(lab)} creates it; ./lab list shows existing labs`,
      );
    }
    if (isLocal) {
      salvage(lab, progress);
      engine.refuseLocked(lab.stack);
      await takeAway(lab, progress);
    }
    // The resources of a local lab do not exist any more. A cloud has to replace its instances.

    return bring(
      engine,
      lab,
      {
        settings: new Map(),
        agreement: { toLoss: async () => undefined },
        look: async (snapshot) => {
          if (isLocal) return { drifted: true, steps: [] };
          return { drifted: true, steps: machines(snapshot) };
        },
      },
      progress,
    );
  });

/**
 * Resets single nodes of a lab: new disks, nothing kept. Leaves the other nodes alone and repairs
 * no drift. Throws a Failure if the lab is not up, Locked while another command changes it.
 */
export const reset = (
  engine: Engine,
  lab: LabRef,
  nodes: string[],
  progress: Progress,
): Promise<UpLab> =>
  withLabLock(lab, 'reset', async () => {
    const started = Date.now();
    await settleCheckpoints(lab, progress);
    const snapshot = await engine.snapshot(lab.stack);
    if (snapshot?.unreadable) throw snapshot.unreadable;
    if (!wasUp(snapshot)) throw notUp(lab);
    adoptConfig(lab, snapshot.outputs);
    const { changed: _, ...up } = await apply(
      engine,
      lab,
      { snapshot, refresh: false, replace: machines(snapshot, nodes) },
      progress,
    );
    progress.say(
      `${joinNames(nodes)} of lab ${lab.stack} ${plural(nodes.length, 'is', 'are')} reset, in ${formatDuration(since(started))}`,
    );
    return up;
  });
