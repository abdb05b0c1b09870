import { readManifest } from '../../provider/local';
import type { Tools } from '../../toolchain';
import { deleteCheckpoint, restore, save } from '../actions/checkpoints';
import { bringUp } from '../actions/up';
import { check } from '../actions/verify';
import { type Access, verify } from '../../checks';
import { Engine } from '../engine';
import { unable } from '../errors';
import { findLab, notUp, withAccess, type UpLab } from '../lab/access';
import { withLabLock } from '../lab/lock';
import { labArgument, type LabRef } from '../lab/name';
import { during, type Progress } from '../ui/progress';
import { interruptible } from '../ui/signals';
import type { Script } from './drill';
import { typedLines } from './loader';
import { breakLab, runSolution, shellAt } from './places';
import { readRecord, writeRecord } from './record';
import { LABEL } from './session';
import { readState } from './state';
import { MARK_PROMPTS, typeInto } from './terminal';
import type { TrialLab } from './trial';

/** Namespace of a drill's objects. */
export const NAMESPACE = 'drill';

/** Pause between two typed characters on a terminal, in milliseconds. */
const PACE = 20;

/** Creates the objects of a drill, and waits until its pods are Ready. */
export async function createObjects(access: Access, manifest: string): Promise<void> {
  const run = async (args: string[], stdin?: string): Promise<void> => {
    const ran = await access.kubectl(args, stdin);
    if (ran.code === 0) return;
    const message = ran.stderr.trim().split('\n').at(-1) ?? '';
    throw unable(`kubectl ${args.join(' ')} failed: ${message}`, './lab verify');
  };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await run(['apply', '-f', '-'], JSON.stringify(namespace));
  // The controller of the default ServiceAccount may be a moment behind the namespace.
  await run(['-n', NAMESPACE, 'wait', '--for=create', 'serviceaccount/default', '--timeout=20s']);
  await run(['-n', NAMESPACE, 'apply', '-f', '-'], manifest);
  await run(['-n', NAMESPACE, 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=50s']);
}

/** Deletes the objects of a drill, if they exist. */
export async function deleteObjects(access: Access): Promise<void> {
  const wait = ['--ignore-not-found', '--timeout=50s'];
  const ran = await access.kubectl(['delete', 'namespace', NAMESPACE, ...wait]);
  if (ran.code === 0) return;
  throw unable(
    `The drill's namespace can't be deleted: ${ran.stderr.trim().split('\n')[0]}`,
    `./lab kubectl -- delete namespace ${NAMESPACE}, then the same command again`,
  );
}

/** Types a solution into the terminal of each of its places. */
async function typeSolution(
  up: UpLab,
  { places, text }: Script,
  { show, signal }: { show(text: string): void; signal: AbortSignal },
): Promise<void> {
  for (const place of places) {
    // Without a terminal, no line is wrapped.
    const { columns = 300, rows = 30 } = process.stdout;
    const size = { columns, rows };
    show(`\n─── ${place} ───\n`);
    await typeInto({
      command: shellAt(up, place, { setUp: MARK_PROMPTS, size }),
      ...{ lines: typedLines(text), show, signal },
      pace: process.stdout.isTTY ? PACE : 0,
    });
  }
}

/**
 * Time limit in milliseconds for a lab to recover after a solution. A fault that stops a pod's probes
 * makes the kubelet restart the pod, after a pause that doubles each time: 10 s, 20 s, 40 s.
 */
const RECOVERED_WAIT = 60_000;

/**
 * Opens a lab for drills. `show` receives what a typed solution's terminal shows. Throws a Failure
 * if the lab is not up.
 */
export async function openDrillLab(
  lab: LabRef,
  { toolchain, progress, show }: { toolchain: Tools; progress: Progress; show(text: string): void },
): Promise<TrialLab> {
  const engine = await Engine.open(toolchain);
  const up = await findLab(engine, lab);
  if (!up) throw notUp(lab);
  const { kubectl } = toolchain;
  const { stack } = lab;
  const tools = { engine, kubectl, progress };
  const step = <T>(title: string, work: (access: Access) => Promise<T>): Promise<T> =>
    during(progress, title, withAccess(up, kubectl, work));
  const hasCluster = up.outputs.stage !== 'none';
  return {
    name: stack,
    argument: labArgument(lab),
    outputs: up.outputs,
    recovery: RECOVERED_WAIT,
    read: () => readRecord(stack),
    write: (record) => writeRecord(stack, record),
    locked: (work) => withLabLock(lab, 'drill', work),
    checks: () => check(up, kubectl, [], progress),
    save: async () => void (await save({ lab, label: LABEL }, tools)),
    hasSave: () => readManifest(stack, LABEL) !== undefined,
    restore: () => restore({ lab, label: LABEL }, tools),
    forget: async () => {
      if (readManifest(stack, LABEL)) await deleteCheckpoint({ lab, label: LABEL }, progress);
    },
    repair: async () => void (await bringUp(engine, lab, new Map(), toolchain, progress)),
    run: (drill) => step('Breaking the lab', (one) => breakLab(one, drill)),
    undo: (script) =>
      step('Repairing the lab', async (one) => void (await runSolution(one, script))),
    createObjects: (manifest) =>
      step("Creating the drill's pods", (one) => createObjects(one, manifest)),
    deleteObjects: async () => {
      if (hasCluster) await step("Deleting the drill's pods", deleteObjects);
    },
    type: (solution) =>
      interruptible(
        ({ signal }) => typeSolution(up, solution, { show, signal }),
        () => progress.say('Stopping.'),
      ),
    verify: (only) => withAccess(up, kubectl, (access) => verify(access, { only })),
    state: () => withAccess(up, kubectl, readState),
    tryRepair: async (script) => {
      const output = await withAccess(up, kubectl, (access) => runSolution(access, script));
      show(`\nThe wrong repair:${output}`);
    },
  };
}
