import * as path from 'node:path';
import {
  checkpointFile,
  checkpointsOf,
  type Manifest,
  readManifest,
  removeCheckpoint,
  type Restored,
  type RestoredNode,
  restoreCheckpoint,
  saveCheckpoint,
  type Saved,
  type Size,
  sizeOf,
  localKinds,
  isRunning,
  labDirectory,
  namespaceExists,
  namespaceOf,
  routerOf,
  hostLink,
  slotOf,
} from '../../provider/local';
import { reaches } from '../../components/config';
import { diskFinding } from '../doctor/disk';
import type { Engine } from '../engine';
import { unable, usage } from '../errors';
import { notUp, upLab, withAccess } from '../lab/access';
import { identityOf, misfitOf } from '../lab/checkpoint-identity';
import type { LabelledLab } from '../lab/checkpoint-label';
import { withLabLock } from '../lab/lock';
import { labArgument, type LabRef } from '../lab/name';
import type { Progress } from '../ui/progress';
import { itemsIf } from '../../util/optional';
import { nearest } from '../../util/suggest';
import { awaitApi, awaitCluster, readReadyPods } from './await-cluster';
import { declaredNodes, declaredRouter } from './declared-parts';
import { sayFailedParts, settleCheckpoints } from './settle-checkpoints';
import { type UpSnapshot, wasUp } from './up';

/** Programs that the actions on checkpoints use. */
export interface CheckpointTools {
  engine: Engine;
  kubectl: string;
  progress: Progress;
}

/** Reads the state of a lab that is up. Throws a Failure if it is not, or if an engine runs on it. */
async function openSnapshot(engine: Engine, lab: LabRef): Promise<UpSnapshot> {
  engine.refuseLocked(lab.stack);
  const snapshot = await engine.snapshot(lab.stack);
  if (snapshot?.unreadable) throw snapshot.unreadable;
  if (!wasUp(snapshot)) throw notUp(lab);
  return snapshot;
}

/** Throws a Failure if the disk of the labs has no space for `size`. */
function refuseFullDisk(lab: LabRef, what: string, size: Size): void {
  const directory = labDirectory(lab.stack);
  const finding = diskFinding([{ what, directory, variable: 'HARDWAY_CLOUD', ...size }]);
  if (finding.status === 'fail')
    throw unable(`Not enough disk space: ${finding.found}. Nothing was changed.`, finding.cure);
}

/** Throws a Failure if a part of the lab does not run: a checkpoint of it would be incomplete. */
async function refuseDamaged(lab: LabRef, nodes: RestoredNode[]): Promise<void> {
  const states = await Promise.all(
    nodes.map(async ({ name }) => ({
      name,
      runs: (await isRunning(lab.stack, name)) && namespaceExists(namespaceOf(lab.stack, name)),
    })),
  );
  const stopped = states.filter(({ runs }) => !runs).map(({ name }) => name);
  const router = itemsIf(!namespaceExists(routerOf(lab.stack)), 'the router');
  const parts = [...router, ...stopped];
  if (parts.length === 0) return;
  throw unable(
    `Lab ${lab.stack} is damaged: ${parts.join(', ')} ${parts.length === 1 ? 'does' : 'do'} not run.`,
    `./lab up${labArgument(lab)} repairs it`,
  );
}

/** Returns a checkpoint. Throws a usage Failure that names the existing ones if it does not exist. */
export function checkpointOf({ lab, label }: LabelledLab): Manifest {
  const manifest = readManifest(lab.stack, label);
  if (manifest) return manifest;
  const labels = checkpointsOf(lab.stack).map((one) => one.label);
  throw usage(
    `Lab ${lab.stack} has no checkpoint ${label}${nearest(label, labels)}.`,
    labels.length > 0
      ? `one of its checkpoints: ${labels.join(', ')}`
      : `./lab save${labArgument(lab)} ${label}`,
  );
}

/**
 * Saves a checkpoint of a local lab that is up. Replaces a checkpoint of this label. Throws a
 * Failure if the lab is damaged or the disk is too small.
 */
export const save = (
  { lab, label }: LabelledLab,
  { engine, kubectl, progress }: CheckpointTools,
): Promise<Saved> =>
  withLabLock(lab, 'save', async () => {
    await settleCheckpoints(lab, progress);
    const snapshot = await openSnapshot(engine, lab);
    const nodes = declaredNodes(snapshot);
    await refuseDamaged(lab, nodes);
    const size = sizeOf(path.join(labDirectory(lab.stack), 'nodes'));
    refuseFullDisk(lab, `checkpoint ${label}`, size);
    const up = (await upLab(lab, snapshot))!;
    const pods = hasCluster(snapshot) ? await withAccess(up, kubectl, readReadyPods) : [];
    const step = progress.begin(`Lab ${lab.stack}: saving disks and router`);
    const saved = await saveCheckpoint({
      lab: lab.stack,
      label,
      identity: identityOf(snapshot),
      nodes: nodes.map(({ name }) => name),
      pods,
    });
    step.done();
    return saved;
  });

/** Throws a Failure if the lab's config, keys or programs have changed since the save. */
function refuseMisfit({ lab, label }: LabelledLab, saved: Manifest, snapshot: UpSnapshot): void {
  const misfit = misfitOf(saved.identity, identityOf(snapshot));
  if (!misfit) return;
  const name = labArgument(lab);
  throw unable(
    `Checkpoint ${label} does not fit lab ${lab.stack}: ${misfit.text}. Nothing was changed.`,
    misfit.settings
      ? `./lab up${name} ${misfit.settings.join(' ')}, then ./lab restore${name} ${label}`
      : `./lab save${name} with a new label; ./lab checkpoints${name} --delete ${label} frees its space`,
  );
}

/** Services in the router, which a restore leaves running. */
const SERVICES = ['LoadBalancer', 'ImageMirror', 'JumpHost', 'ServiceController'].map(
  (kind) => `hardway:local:${kind}`,
);

/** Starts services of the router that do not run. */
async function repairServices({ resources }: UpSnapshot): Promise<void> {
  for (const { type, id = '', outputs } of resources) {
    if (!SERVICES.includes(type)) continue;
    const found = await localKinds[type].read?.(id, outputs);
    if (found?.trouble) await localKinds[type].update?.(id, outputs, outputs);
  }
}

const hasCluster = ({ outputs }: UpSnapshot): boolean => reaches(outputs.stage, 'network');

interface ClusterWait extends Pick<CheckpointTools, 'kubectl' | 'progress'> {
  /** Begin of the restore. */
  restored: Date;
  /** Pods that were Ready at the save. */
  pods: string[];
}

/** Waits until the cluster, if the lab has one, works again. */
async function awaitLab(
  lab: LabRef,
  snapshot: UpSnapshot,
  { kubectl, progress, ...moment }: ClusterWait,
): Promise<void> {
  if (!hasCluster(snapshot)) return;
  const up = (await upLab(lab, snapshot))!;
  const step = progress.begin('Waiting for the cluster');
  const waiting = await withAccess(up, kubectl, (access) => awaitCluster(access, moment));
  if (waiting.length === 0) return step.done();
  step.failed();
  progress.say(`Not ready yet: ${waiting.join(', ')}.`);
}

/**
 * Replaces the present state of a local lab by a checkpoint, and waits until it works. Throws a
 * Failure, before any change, if the checkpoint does not fit the lab.
 */
export const restore = (
  labelled: LabelledLab,
  { engine, kubectl, progress }: CheckpointTools,
): Promise<void> =>
  withLabLock(labelled.lab, 'restore', async () => {
    const { lab, label } = labelled;
    await settleCheckpoints(lab, progress);
    const saved = checkpointOf(labelled);
    const snapshot = await openSnapshot(engine, lab);
    refuseMisfit(labelled, saved, snapshot);
    if (!namespaceExists(routerOf(lab.stack)))
      throw unable(
        `Lab ${lab.stack} is damaged: its router does not exist. Nothing was changed.`,
        `./lab up${labArgument(lab)} repairs it, then ./lab restore${labArgument(lab)} ${label}`,
      );
    refuseFullDisk(lab, `restoring ${label}`, sizeOf(checkpointFile(lab.stack, label)));
    const slot = slotOf(lab.stack);
    if (!slot) throw notUp(lab);
    const plan = declaredRouter(snapshot, hostLink(slot.slot));
    const nodes = declaredNodes(snapshot);
    const up = (await upLab(lab, snapshot))!;
    const restored = new Date();
    const step = progress.begin(`Lab ${lab.stack}: restoring disks and router, starting nodes`);
    const result: Restored = await restoreCheckpoint({
      ...{ lab: lab.stack, label, nodes, plan },
      awaitApi: async () => {
        if (hasCluster(snapshot)) await withAccess(up, kubectl, awaitApi);
      },
    });
    await repairServices(snapshot);
    step.done();
    sayFailedParts(result, progress);
    await awaitLab(lab, snapshot, { kubectl, progress, restored, pods: saved.pods });
  });

/** Deletes a checkpoint. */
export const deleteCheckpoint = (labelled: LabelledLab, progress: Progress): Promise<void> =>
  withLabLock(labelled.lab, 'checkpoints', async () => {
    await settleCheckpoints(labelled.lab, progress);
    checkpointOf(labelled);
    removeCheckpoint(labelled.lab.stack, labelled.label);
  });

/** Formats the loss of all checkpoints of a lab for a question; '' without any. */
export function lostCheckpoints({ cloud, stack }: LabRef): string {
  const count = cloud === 'local' ? checkpointsOf(stack).length : 0;
  if (count === 0) return '';
  return ` and its ${count === 1 ? 'checkpoint' : `${count} checkpoints`}`;
}
