import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeAtomically } from '../../../util/atomic-write';
import { attemptIn, run } from '../shared/command';
import { attach, type Nic } from '../instance/nic';
import { type MachineProcess, startMachine, stopMachine } from '../instance/node-process';
import { ensureRouter, type RouterPlan } from '../router/router';
import { labDirectory, namespaceExists, namespaceOf, routerOf } from '../shared/names';
import { copyDisks } from './disks';
import { checkpointFile, readManifest } from './files';
import { applyRouterState, type RouterState } from './router-state';

// A restore first copies the disks of a checkpoint beside those of the lab. Then it writes the
// journal: from there on, the restore is completed, if necessary by the next command. Until then
// the lab runs unchanged.

/** A node of the lab as the Pulumi state declares it. */
export type RestoredNode = MachineProcess & Nic;

/** All that it takes to complete a restore without the Pulumi state. Holds no secret. */
interface Journal {
  label: string;
  nodes: RestoredNode[];
  plan: RouterPlan;
  router: RouterState;
}

export interface RestoreRequest extends Pick<Journal, 'label' | 'nodes' | 'plan'> {
  lab: string;
  /**
   * Waits until the API answers, after the controllers have started and before the workers start.
   * A kubelet that starts without the API asks again only after a growing pause.
   */
  awaitApi(): Promise<void>;
}

const restoringFile = (lab: string, file = ''): string =>
  path.join(labDirectory(lab), 'restoring', file);
const journalFile = (lab: string): string => restoringFile(lab, 'journal.json');
const nodesDirectory = (lab: string): string => path.join(labDirectory(lab), 'nodes');

function readJournal(lab: string): Journal | undefined {
  const file = journalFile(lab);
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as Journal;
  return undefined;
}

/**
 * Returns the label of a restore that has begun to change the lab; `undefined` if there is none.
 */
export const restoreUnderWay = (lab: string): string | undefined => readJournal(lab)?.label;

/** Prepares the disks of the checkpoint beside those of the lab. */
async function prepareDisks({ lab, label, nodes }: RestoreRequest): Promise<void> {
  const names = nodes.map(({ name }) => name);
  const target = restoringFile(lab, 'nodes');
  await copyDisks(checkpointFile(lab, label, 'nodes'), target, names);
  for (const name of names)
    for (const part of ['work', 'root'])
      fs.mkdirSync(path.join(target, name, part), { mode: 0o755 });
}

/** Replaces the disks of the lab by the prepared ones. Continues where a killed command stopped. */
function swapDisks(lab: string): void {
  const [prepared, replaced] = [restoringFile(lab, 'nodes'), restoringFile(lab, 'replaced')];
  if (!fs.existsSync(prepared)) return;
  if (fs.existsSync(nodesDirectory(lab))) {
    fs.rmSync(replaced, { recursive: true, force: true });
    fs.renameSync(nodesDirectory(lab), replaced);
  }
  fs.renameSync(prepared, nodesDirectory(lab));
}

/** Stops a node and removes its network namespace, which holds the old network state. */
async function stopNode({ lab, name }: RestoredNode): Promise<void> {
  await stopMachine(lab, name);
  const namespace = namespaceOf(lab, name);
  if (namespaceExists(namespace)) await run('ip', ['netns', 'del', namespace]);
}

/** Forgets the router's connections: their ends no longer exist. */
const forgetConnections = (lab: string, tree: string): Promise<unknown> =>
  attemptIn(routerOf(lab), 'chroot', [tree, '/usr/sbin/conntrack', '--flush']);

/** Completes the restore of a journal. Returns what could not be restored, one line each. */
async function complete(
  lab: string,
  { nodes, plan, router }: Journal,
  awaitApi: () => Promise<void> = async () => undefined,
): Promise<string[]> {
  await Promise.all(nodes.map(stopNode));
  swapDisks(lab);
  await ensureRouter(plan);
  await Promise.all(nodes.map(attach));
  const failed = await applyRouterState(lab, router);
  await forgetConnections(lab, nodes[0].tree);
  const workers = nodes.filter(({ name }) => name.startsWith('worker'));
  await Promise.all(nodes.filter((node) => !workers.includes(node)).map(startMachine));
  await awaitApi();
  await Promise.all(workers.map(startMachine));
  fs.rmSync(journalFile(lab));
  fs.rmSync(restoringFile(lab), { recursive: true, force: true });
  return failed;
}

/** Result of a completed restore. */
export interface Restored {
  label: string;
  /** Parts of the router that could not be restored, one line each. */
  failed: string[];
}

/**
 * Completes a restore that a killed command left, or removes its preparations. Returns `undefined`
 * if the lab was not changed.
 */
export async function settleRestore(lab: string): Promise<Restored | undefined> {
  const journal = readJournal(lab);
  if (journal) return { label: journal.label, failed: await complete(lab, journal) };
  fs.rmSync(restoringFile(lab), { recursive: true, force: true });
  return undefined;
}

/**
 * Replaces the disks of a lab's nodes and the state of its router by those of a checkpoint, and
 * starts the nodes. The caller has settled earlier restores, and the router exists.
 */
export async function restoreCheckpoint(request: RestoreRequest): Promise<Restored> {
  const { lab, label, nodes, plan } = request;
  const manifest = readManifest(lab, label);
  if (!manifest) throw new Error(`lab ${lab} has no checkpoint ${label}`);
  try {
    await prepareDisks(request);
  } catch (error) {
    fs.rmSync(restoringFile(lab), { recursive: true, force: true });
    throw error;
  }
  const journal: Journal = { label, nodes, plan, router: manifest.router };
  writeAtomically(journalFile(lab), JSON.stringify(journal), 0o600);
  return { label, failed: await complete(lab, journal, request.awaitApi) };
}
