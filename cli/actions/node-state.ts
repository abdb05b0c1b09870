import type { NodeStatus } from '../../components/bootstrap';
import { type Access, causeOf } from '../../checks';
import type { LabOutputs } from '../../components/outputs';

/** State of a node, compared with the state in which bootstrap left the node. */
export interface NodeState {
  name: string;
  privateIp: string;
  publicIp: string;
  reachable: boolean;
  /** Why the node does not answer, or why its state could not be read. */
  problem?: string;
  /** Units that should be active and are not, with the state that systemd reports. */
  inactive: { unit: string; active: string }[];
  units: { unit: string; active: string }[];
  /** Files that were edited or removed, with the step that placed them. */
  edited: { step: string; path: string; state: 'changed' | 'missing' }[];
  /** Cluster objects that are missing or changed, with the step that created them. */
  objects: NodeStatus['objects'];
  /** Steps of the lab's stage that have not succeeded on this node. */
  undone: string[];
}

/** Compares a node's report with the steps that the lab's stage runs on such a node. */
export function judge(
  node: LabOutputs['nodes'][number],
  report: NodeStatus,
  expected: string[],
): NodeState {
  const done = new Set(report.files.map((file) => file.step));
  return {
    ...node,
    reachable: true,
    units: report.units,
    inactive: report.units.filter((unit) => unit.active !== 'active'),
    edited: report.files.flatMap((file) => {
      const { state } = file;
      if (state === 'ok') return [];
      return [{ ...file, state }];
    }),
    objects: report.objects,
    undone: expected.filter((step) => !done.has(step)),
  };
}

const unreadable = (
  node: LabOutputs['nodes'][number],
  reachable: boolean,
  problem: string,
): NodeState => ({
  ...node,
  reachable,
  problem,
  inactive: [],
  units: [],
  edited: [],
  objects: [],
  undone: [],
});

async function nodeState(access: Access, node: LabOutputs['nodes'][number]): Promise<NodeState> {
  const { outputs } = access;
  // Loaded on demand: the import loads the Pulumi SDK, which most commands do not need.
  const { STATUS_COMMAND, expectedSteps } =
    require('../../components/bootstrap') as typeof import('../../components/bootstrap');
  const planned = outputs.topology.nodes.find((candidate) => candidate.name === node.name)!;
  const expected = expectedSteps(planned, outputs.stage);
  const ran = await access.onNode(node.name, expected.length > 0 ? STATUS_COMMAND : 'true', {
    seconds: 20,
  });
  if (ran.code === 255)
    return unreadable(
      node,
      false,
      `no answer over SSH, perhaps still starting (${causeOf(ran.stderr) || 'ssh got no answer'})`,
    );
  if (expected.length === 0) return { ...unreadable(node, true, ''), problem: undefined };
  // Bash exits 127 if a script does not exist: bootstrap has not run here, or the script was
  // deleted.
  if (ran.code === 127)
    return { ...unreadable(node, true, 'bootstrap has not run here'), undone: expected };
  try {
    return judge(node, JSON.parse(ran.stdout) as NodeStatus, expected);
  } catch {
    return unreadable(
      node,
      true,
      `its status can't be read: ${ran.stderr.trim().split('\n').pop() || `the status script exited ${ran.code}`}`,
    );
  }
}

/** Reads the state of every node of a lab, all nodes at the same time. */
export async function nodeStates(access: Access): Promise<NodeState[]> {
  return Promise.all(access.outputs.nodes.map((node) => nodeState(access, node)));
}

/**
 * Lists the Pulumi resources to replace so that the node is as declared: the steps with drifted
 * files, services or objects. Some of them may not exist for this node. Objects that only the
 * student can repair replace nothing.
 */
export function stepsToRepeat(state: NodeState): string[] {
  const { OUTLINE, commandName, commandsOf } =
    require('../../components/bootstrap') as typeof import('../../components/bootstrap');
  // The state of a silent node is unknown, so every step runs again. A step changes nothing if its
  // work is done, and waits for services that start at boot.
  if (!state.reachable) return OUTLINE.map((session) => commandName(session.name, state.name));
  const stopped = new Set(state.inactive.map((unit) => unit.unit.replace(/\.service$/, '')));
  const all = OUTLINE.flatMap((session) => session.steps);
  const owners = all
    .filter((step) => (step.units ?? []).some((unit) => stopped.has(unit)))
    .map((step) => step.name);
  // Another version of this program may have recorded steps that this version does not have.
  const known = new Set(all.map((step) => step.name));
  const steps = [
    ...state.edited.map((file) => file.step),
    ...state.objects.filter(({ cure }) => !cure).map(({ step }) => step),
    ...state.undone,
    ...owners,
  ].filter((step) => known.has(step));
  return [...new Set(steps.flatMap((step) => commandsOf(step, state.name)))];
}
