import { mergeNodes } from '../../checks';
import { upLab, withAccess } from './access';
import { driftOf } from '../actions/drift';
import { type Engine, isReal, resourceTitle } from '../engine';
import { expiryIn } from './expiry';
import type { LabRef } from './name';
import { type NodeState, nodeStates } from '../actions/node-state';
import { during, type Progress } from '../ui/progress';
import { fieldsIf, itemsIf, textIf } from '../../util/optional';

/** State of a lab, compared with its config. */
export interface LabStatus {
  lab: string;
  cloud: string;
  /** down: the lab does not exist; partial: an `up` failed; up: an `up` succeeded. */
  state: 'down' | 'partial' | 'up';
  stage?: string;
  apiServer?: string;
  nodes: NodeState[];
  /** Drift of the cloud's resources: a title and a description each. */
  drift: { resource: string; state: string }[];
  /** Whether the lab has drift. */
  differs: boolean;
  /** Creation time of the oldest resource, ISO 8601. */
  created?: string;
  /** Expiry in UTC; `undefined` if the lab has none. */
  expires?: string;
}

/** Reads the state of a lab from outside and on its nodes. Read-only. */
export async function statusOf(
  engine: Engine,
  lab: LabRef,
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
    ...fieldsIf(expires, { expires }),
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
      'Checking files, services and cluster for drift',
      withAccess(up, kubectl, nodeStates),
    ),
    during(progress, 'Comparing resources with the config', driftOf(engine, lab, snapshot)),
  ]);
  const found = [...drift]
    .filter(([urn]) => isReal(urn))
    .map(([urn, state]) => ({ resource: resourceTitle(urn), state }));
  const { stage, apiServer } = up.outputs;
  const differs = differences({ nodes, drift: found }).length > 0;
  return { ...nothing, state: 'up', stage, apiServer, nodes, drift: found, differs };
}

/** Describes the drift of a lab. Drift that several nodes share is one line, with the nodes. */
export function differences({ nodes, drift }: Pick<LabStatus, 'nodes' | 'drift'>): string[] {
  const lines = [
    ...drift.map(({ resource, state }) => `${resource}: ${state}`),
    ...nodes.flatMap((node) => [
      ...itemsIf(node.problem, `${node.name}: ${node.problem}`),
      ...node.edited.map(
        (file) =>
          `${node.name}: ${file.path} was ${file.state === 'changed' ? 'edited' : 'removed'} (step ${file.step})`,
      ),
      ...node.inactive.map((unit) => `${node.name}: service ${unit.unit} is ${unit.active}`),
      ...node.objects.map(
        ({ object, state, cure }) => `${node.name}: ${object} ${state}${textIf(cure, `: ${cure}`)}`,
      ),
      ...node.undone.map((step) => `${node.name}: step ${step} has not succeeded`),
    ]),
  ];
  return mergeNodes(
    lines,
    nodes.map(({ name }) => name),
  );
}

/** Reports whether `./lab up` can repair any of the drift. Other drift names its own cure. */
export function upRepairs({ nodes, drift }: Pick<LabStatus, 'nodes' | 'drift'>): boolean {
  const repairable = nodes.map((node) => ({
    ...node,
    objects: node.objects.filter(({ cure }) => !cure),
  }));
  return differences({ nodes: repairable, drift }).length > 0;
}
