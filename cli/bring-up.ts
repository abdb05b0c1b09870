import type { Toolchain } from '../toolchain';
import { labArgument, type UpLab, withAccess } from './connect';
import type { Engine } from './engine';
import { EngineProgress } from './engine-progress';
import { writeLabFiles } from './lab-files';
import { refuseLowering } from './lowering';
import type { Lab } from './names';
import { type NodeState, nodeStates, stepsToRepeat } from './node-state';
import { rememberPool } from './pools';
import type { Progress } from './progress';
import { parseUrn } from './resources';
import { inWords, since } from './seconds';
import { labConfig, type Settings, writeSettings } from './settings';
import type { Snapshot } from './snapshot';

/** What differs on the nodes, in words: which files, services and steps. */
function sayDifferences(progress: Progress, states: NodeState[]): void {
  for (const state of states) {
    if (state.problem) progress.say(`${state.name}: ${state.problem}`);
    for (const file of state.edited) progress.say(`${state.name}: ${file.path} was ${file.state === 'changed' ? 'edited' : 'removed'}`);
    for (const unit of state.inactive) progress.say(`${state.name}: service ${unit.unit} is ${unit.active}`);
  }
}

/** URNs of the bootstrap steps that have to be done again, as what they made on a node is not as it was. */
async function stepsEdited(progress: Progress, snapshot: Snapshot | undefined, lab: Lab, kubectl: string): Promise<string[]> {
  if (!snapshot?.outputs) return [];
  const outputs = snapshot.outputs;
  const step = progress.begin('Looking at files and services on the nodes');
  const states = await withAccess({ outputs, files: writeLabFiles(lab.stack, outputs) }, kubectl, nodeStates);
  step.done();
  sayDifferences(progress, states);
  const wanted = new Set(states.filter((state) => state.reachable).flatMap(stepsToRepeat));
  return snapshot.urns.filter((urn) => {
    const { type, name } = parseUrn(urn);
    return type === 'command:remote:Command' && wanted.has(name);
  });
}

/** Brings a lab to what its config says, whatever state it is in, and tells of it. */
export async function bringUp(engine: Engine, lab: Lab, settings: Settings, toolchain: Toolchain, progress: Progress): Promise<UpLab> {
  const started = Date.now();
  const config = labConfig(lab, settings);
  const snapshot = await engine.snapshot(lab.stack);
  if (snapshot?.unreadable) throw snapshot.unreadable;
  if (snapshot?.outputs) refuseLowering(lab, config, snapshot.outputs);
  writeSettings(lab, settings);
  if (lab.cloud === 'local') rememberPool(config.publicPool);
  const replace = await stepsEdited(progress, snapshot, lab, toolchain.kubectl);

  const shown = new EngineProgress(progress, `Lab ${lab.stack}: comparing what there is with what is declared`);
  try {
    const { outputs } = await engine.up(lab.stack, {
      snapshot,
      replace,
      cure: `./lab up${labArgument(lab)} goes on from here; ./lab down${labArgument(lab)} removes it`,
      onEvent: (event) => shown.handle(event),
      onInterrupt: () => progress.say('Stopping: waiting for what is under way to end. Once more drops it.'),
    });
    shown.finish();
    const what = shown.changed === 0 ? 'is as declared: nothing to change' : `is up: ${shown.changed} things made or changed`;
    progress.say(`Lab ${lab.stack} ${what}, in ${inWords(since(started))}`);
    return { outputs, files: writeLabFiles(lab.stack, outputs) };
  } catch (error) {
    shown.finish(true);
    throw error;
  }
}
