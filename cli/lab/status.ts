import { upLab, withAccess } from './access';
import { driftOf } from '../actions/drift';
import type { Engine } from '../engine';
import { expiryIn } from './expiry';
import type { Lab } from './name';
import { type NodeState, nodeStates } from '../actions/node-state';
import type { Progress } from '../ui/progress';
import { isReal, resourceTitle } from '../engine/urn';

/** A lab as it is, against what was declared. */
export interface LabStatus {
  lab: string;
  cloud: string;
  /** down: there is no such lab; partial: an `up` did not end well; up: all was made. */
  state: 'down' | 'partial' | 'up';
  stage?: string;
  apiServer?: string;
  nodes: NodeState[];
  /** What the cloud has otherwise than declared, in words. */
  drift: { resource: string; state: string }[];
  /** Whether the lab differs from what was declared. */
  differs: boolean;
  /** When the oldest of it was made, ISO 8601. */
  created?: string;
  /** When the lab should be gone, where it says so: a time in UTC. */
  expires?: string;
}

/** Shows that `work` is under way for as long as it is. */
async function during<T>(progress: Progress, title: string, work: Promise<T>): Promise<T> {
  const step = progress.begin(title);
  try {
    const result = await work;
    step.done();
    return result;
  } catch (error) {
    step.failed();
    throw error;
  }
}

/** Looks at a lab from outside and on its nodes; changes nothing. */
export async function statusOf(
  engine: Engine,
  lab: Lab,
  kubectl: string,
  progress: Progress,
): Promise<LabStatus> {
  const snapshot = await during(
    progress,
    `Lab ${lab.stack}: reading its state`,
    engine.snapshot(lab.stack),
  );
  const up = await upLab(lab, snapshot);
  const expires = snapshot && expiryIn(snapshot);
  const nothing = {
    lab: lab.stack,
    cloud: lab.cloud,
    nodes: [],
    drift: [],
    created: snapshot?.created,
    ...(expires ? { expires } : {}),
  };
  if (!snapshot || !up)
    return {
      ...nothing,
      state: (snapshot?.resources.length ?? 0) > 1 ? 'partial' : 'down',
      differs: true,
    };
  const [nodes, drift] = await Promise.all([
    during(
      progress,
      'Looking at files and services on the nodes, and at the cluster',
      withAccess(up, kubectl, nodeStates),
    ),
    during(
      progress,
      'Comparing what there is with what is declared',
      driftOf(engine, lab, snapshot),
    ),
  ]);
  const found = [...drift]
    .filter(([urn]) => isReal(urn))
    .map(([urn, state]) => ({ resource: resourceTitle(urn), state }));
  const { stage, apiServer } = up.outputs;
  const differs = differences({ nodes, drift: found }).length > 0;
  return { ...nothing, state: 'up', stage, apiServer, nodes, drift: found, differs };
}

/** What is not as declared, a line each. */
export function differences({ nodes, drift }: Pick<LabStatus, 'nodes' | 'drift'>): string[] {
  const lines = [
    ...drift.map(({ resource, state }) => `${resource}: ${state}`),
    ...nodes.flatMap((node) => [
      ...(node.problem ? [`${node.name}: ${node.problem}`] : []),
      ...node.edited.map(
        (file) =>
          `${node.name}: ${file.path} was ${file.state === 'changed' ? 'edited' : 'removed'} (step ${file.step})`,
      ),
      ...node.inactive.map((unit) => `${node.name}: service ${unit.unit} is ${unit.active}`),
      ...node.objects.map(
        ({ object, state, cure }) => `${node.name}: ${object} ${state}${cure ? `: ${cure}` : ''}`,
      ),
      ...node.undone.map((step) => `${node.name}: step ${step} is not done`),
    ]),
  ];
  // Two steps may find the same: that the API does not answer.
  return [...new Set(lines)];
}

/** Whether `lab up` has anything to repair. The rest of the differences name their own cures. */
export function upRepairs({ nodes, drift }: Pick<LabStatus, 'nodes' | 'drift'>): boolean {
  const repairable = nodes.map((node) => ({
    ...node,
    objects: node.objects.filter(({ cure }) => !cure),
  }));
  return differences({ nodes: repairable, drift }).length > 0;
}
