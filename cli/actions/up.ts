import { namespaceExists, routerOf, releaseSlot, reserveSlot } from '../../provider/local';
import type { Tools } from '../../toolchain';
import { agreeToLostState, claim } from './claim-lab';
import { type Agree, confirmReplace, refuseReplace } from './confirm-replace';
import {
  isUnchanged,
  saveFingerprint,
  type Engine,
  EngineProgress,
  pluginNote,
  refuseLostPassphrase,
  repairState,
  parseUrn,
  type Snapshot,
} from '../engine';
import type { LabOutputs } from '../../components/outputs';
import { type UpLab, upLab, withAccess } from '../lab/access';
import { driftOf } from './drift';
import { unable } from '../errors';
import { writeLabFiles } from '../lab/files';
import { differences } from '../lab/status';
import { rejectDowngrade } from './reject-downgrade';
import { type LabRef, labArgument } from '../lab/name';
import { nodeStates, stepsToRepeat } from './node-state';
import { rememberPool } from '../lab/known-pools';
import { refuseTakenName, settleInterrupted } from '../account/orphans';
import type { Progress } from '../ui/progress';
import { formatDuration, since } from '../ui/duration';
import { adoptConfig, labConfig, type Settings, trySettings } from '../lab/settings';
import { withLabLock } from '../lab/lock';
import { counted } from '../../util/plural';
import { settleCheckpoints } from './settle-checkpoints';

/** Drift that `up` repairs. */
export interface Drift {
  /** Whether a resource of the state has drifted. */
  drifted: boolean;
  /** URNs of the bootstrap sessions to run again, because their work on a node has drifted. */
  steps: string[];
}

/**
 * Searches a lab for drift: its network and instances from outside, files and services on its
 * nodes.
 */
async function look(
  engine: Engine,
  lab: LabRef,
  { outputs, ...snapshot }: UpSnapshot,
  kubectl: string,
  progress: Progress,
): Promise<Drift> {
  const up = (await upLab(lab, { outputs }))!;
  const step = progress.begin('Checking network, nodes, files, services and cluster for drift');
  const [drift, states] = await Promise.all([
    driftOf(engine, lab, snapshot),
    withAccess(up, kubectl, nodeStates),
  ]);
  step.done();
  for (const line of differences({ nodes: states, drift: [] })) progress.say(line);
  // An instance that the cloud will restart counts as a node that does not answer.
  const broken = new Set(
    snapshot.resources
      .filter(({ type, urn }) => type === 'hardway:local:Instance' && drift.has(urn))
      .map(({ urn }) => parseUrn(urn).name),
  );
  const wanted = new Set(
    states.flatMap((state) =>
      stepsToRepeat({ ...state, reachable: state.reachable && !broken.has(state.name) }),
    ),
  );
  const steps = snapshot.resources.filter(
    ({ type, urn }) => type === 'command:remote:Command' && wanted.has(parseUrn(urn).name),
  );
  return {
    drifted: drift.size > 0 || states.some((state) => !state.reachable),
    steps: steps.map(({ urn }) => urn),
  };
}

/** State of a lab after at least one successful `up`. */
export type UpSnapshot = Snapshot & { outputs: LabOutputs };
export const wasUp = (snapshot: Snapshot | undefined): snapshot is UpSnapshot =>
  snapshot?.outputs !== undefined;

/** Work for one run of the engine, in addition to changes of the program and the config. */
interface Work {
  snapshot: Snapshot | undefined;
  /** Whether the engine refreshes its state first. */
  refresh: boolean;
  /** URNs to replace. */
  replace: string[];
  /** Restores the previous config if the run fails before it has changed anything. */
  takeBack?(): boolean;
}

/**
 * Runs the engine, shows its progress and writes the lab's files. The caller holds the lab's lock.
 */
export async function apply(
  engine: Engine,
  lab: LabRef,
  { takeBack, ...work }: Work,
  progress: Progress,
): Promise<UpLab & { changed: number }> {
  await settleInterrupted(lab, work.snapshot, progress);
  const shown = new EngineProgress(
    progress,
    `Lab ${lab.stack}: comparing resources with the config${pluginNote(lab.cloud)}`,
  );
  try {
    await engine.up(lab.stack, {
      ...work,
      cure: `./lab up${labArgument(lab)} continues from here; ./lab down${labArgument(lab)} removes it`,
      onEvent: (event) => shown.handle(event),
      onFullDisk: (text) => progress.say(text),
      onInterrupt: () =>
        progress.say('Stopping: waiting for running operations. Ctrl-C again aborts them.'),
    });
    shown.finish();
    const step = progress.begin('Reading the new state');
    const now = await engine.snapshot(lab.stack);
    step.drop();
    if (now?.unreadable) throw now.unreadable;
    if (!wasUp(now)) throw unable(`The program of stack ${lab.stack} ended without outputs.`);
    const { outputs } = now;
    const files = writeLabFiles(lab.stack, outputs);
    saveFingerprint(lab.stack, now);
    return { outputs, files, changed: shown.changed };
  } catch (error) {
    shown.finish(true);
    if (shown.changed === 0 && takeBack?.())
      progress.say(`Lab ${lab.stack}: nothing was changed, and its previous config is restored.`);
    throw error;
  }
}

/**
 * Creates a lab or changes it to match its config, from any state, with progress output. Throws
 * Locked while another command changes the lab.
 */
export const bringUp = (
  engine: Engine,
  lab: LabRef,
  settings: Settings,
  toolchain: Tools,
  progress: Progress,
  agreement?: Agreement,
): Promise<UpLab> =>
  withLabLock(lab, 'up', () =>
    bring(
      engine,
      lab,
      {
        settings,
        agreement,
        look: (snapshot) => look(engine, lab, snapshot, toolchain.kubectl, progress),
      },
      progress,
    ),
  );

/** Questions to the user, in this order. Each throws a Failure if the answer is no. */
export interface Agreement {
  /** Called before the user's work in the lab is lost. */
  toLoss: Agree;
  /** Called before anything that costs money is created or changed. */
  toPrice?(): Promise<void>;
}

interface UpRequest {
  settings: Settings;
  /** Without it, `up` refuses a change that loses the user's work. */
  agreement?: Agreement;
  /** Returns the drift of a lab that was up once. */
  look(snapshot: UpSnapshot): Promise<Drift>;
}

/** Does the work of `bringUp` for a caller that holds the lab's lock. */
export async function bring(
  engine: Engine,
  lab: LabRef,
  { settings, agreement = { toLoss: refuseReplace(lab) }, look }: UpRequest,
  progress: Progress,
): Promise<UpLab> {
  const started = Date.now();
  refuseLostPassphrase();
  await settleCheckpoints(lab, progress);
  const repaired = repairState(lab.stack);
  if (repaired) progress.say(repaired);
  const snapshot = await engine.snapshot(lab.stack);
  if (snapshot?.unreadable) throw snapshot.unreadable;
  await agreeToLostState(lab, snapshot, agreement.toLoss);
  adoptConfig(lab, snapshot?.outputs);
  const config = labConfig(lab, settings);
  if (snapshot?.outputs) {
    rejectDowngrade(lab, config, snapshot.outputs);
    await confirmReplace(lab, config, snapshot.outputs.config, agreement.toLoss);
  }
  await refuseTakenName(lab, snapshot, config);
  await agreement.toPrice?.();
  const takeBack = trySettings(lab, settings);
  if (lab.cloud === 'local') rememberPool(config.publicPool);
  const ended = (what: string): void =>
    progress.say(`Lab ${lab.stack} ${what}, in ${formatDuration(since(started))}`);

  const drift = wasUp(snapshot) ? await look(snapshot) : { drifted: true, steps: [] };
  if (
    wasUp(snapshot) &&
    !drift.drifted &&
    drift.steps.length === 0 &&
    isUnchanged(lab.stack, snapshot)
  ) {
    ended('is as declared: nothing to change');
    claim(lab);
    return { outputs: snapshot.outputs, files: writeLabFiles(lab.stack, snapshot.outputs) };
  }
  return holdingPlace(lab, config.publicPool, async () => {
    // An empty state has nothing to refresh.
    const refresh = drift.drifted && (snapshot?.resources.length ?? 0) > 0;
    const { changed, ...up } = await apply(
      engine,
      lab,
      {
        snapshot,
        refresh,
        replace: drift.steps,
        // A lab that never was up keeps the config of its first attempt.
        takeBack: wasUp(snapshot) ? takeBack : undefined,
      },
      progress,
    );
    if (changed === 0) ended('is as declared: nothing to change');
    else ended(`is up: ${counted(changed, 'resource')} created or changed`);
    return up;
  });
}

/**
 * Does `work` while a public /24 of the pool is reserved for the lab. Releases it if `work` fails
 * before the lab has a router.
 */
async function holdingPlace<T>(
  { stack, cloud }: LabRef,
  pool: string,
  work: () => Promise<T>,
): Promise<T> {
  claim({ stack, cloud });
  const taken = cloud === 'local' && reserveSlot(stack, pool);
  try {
    return await work();
  } catch (error) {
    if (taken && !namespaceExists(routerOf(stack))) releaseSlot(stack);
    throw error;
  }
}
