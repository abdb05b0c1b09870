import { STATUS_COMMAND, type NodeStatus } from '../../components/bootstrap/status';
import type { Access } from '../../checks/access';
import type { LabOutputs } from '../../components/outputs';

/** A node as bootstrap left it, against what it is. */
export interface NodeState {
  name: string;
  privateIp: string;
  publicIp: string;
  reachable: boolean;
  /** Why it isn't, or why its state could not be read. */
  problem?: string;
  /** Units that should be active and are not, with systemd's word for what they are. */
  inactive: { unit: string; active: string }[];
  units: { unit: string; active: string }[];
  /** Files that are not as they were placed, with the step that placed them. */
  edited: { step: string; path: string; state: 'changed' | 'missing' }[];
  /** Objects in the cluster that differ from a step's work. */
  objects: NodeStatus['objects'];
  /** Steps that the lab's stage has and that have not succeeded on this node. */
  undone: string[];
}

// Loaded when asked for: it brings half of the Pulumi SDK, which most commands do without.
const outline = (): typeof import('../../components/bootstrap/plan') =>
  require('../../components/bootstrap/plan');

/** What a node's own report says, against what the lab's stage has on such a node. */
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
    edited: report.files.flatMap((file) =>
      file.state === 'ok' ? [] : [{ ...file, state: file.state }],
    ),
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
  const planned = outputs.topology.nodes.find((candidate) => candidate.name === node.name)!;
  const expected = outline().expectedSteps(planned, outputs.stage);
  const ran = await access.onNode(node.name, expected.length > 0 ? STATUS_COMMAND : 'true', {
    seconds: 20,
  });
  if (ran.code === 255)
    return unreadable(
      node,
      false,
      `it does not answer, or has just been started: ${ran.stderr.trim().split('\n').pop() || 'ssh got no answer'}`,
    );
  if (expected.length === 0) return { ...unreadable(node, true, ''), problem: undefined };
  // Bash's word for a script that isn't there: bootstrap has not come this far, or somebody took it away.
  if (ran.code === 127)
    return { ...unreadable(node, true, 'bootstrap has left no record here'), undone: expected };
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

/** The state of every node of a lab, asked side by side. */
export async function nodeStates(access: Access): Promise<NodeState[]> {
  return Promise.all(access.outputs.nodes.map((node) => nodeState(access, node)));
}

/**
 * Returns the names of the Pulumi resources that repair a node when they are replaced. The lab may lack some of them.
 * Objects that only the student can repair replace nothing.
 */
export function stepsToRepeat(state: NodeState): string[] {
  const { OUTLINE, commandName, commandsOf } = outline();
  // What became of a node that does not answer is not known; a step does nothing where there is nothing to do, and waits
  // for what the machine, once it runs again, brings up by itself.
  if (!state.reachable) return OUTLINE.map((session) => commandName(session.name, state.name));
  const stopped = new Set(state.inactive.map((unit) => unit.unit.replace(/\.service$/, '')));
  const all = OUTLINE.flatMap((session) => session.steps);
  const owners = all
    .filter((step) => (step.units ?? []).some((unit) => stopped.has(unit)))
    .map((step) => step.name);
  // Of steps only those that this version has: another one may have left records of its own.
  const known = new Set(all.map((step) => step.name));
  const steps = [
    ...state.edited.map((file) => file.step),
    ...state.objects.filter(({ cure }) => !cure).map(({ step }) => step),
    ...state.undone,
    ...owners,
  ].filter((step) => known.has(step));
  return [...new Set(steps.flatMap((step) => commandsOf(step, state.name)))];
}
