import { type Stage, reaches } from '../config/stage';
import type { Node } from '../topology';
import type { Step } from './step';
import { artifacts } from './steps/artifacts';
import { certificates } from './steps/certificates';
import { cni } from './steps/cni';
import { containerd } from './steps/containerd';
import { coredns } from './steps/coredns';
import { dns } from './steps/dns';
import { etcd } from './steps/etcd';
import { gateway } from './steps/gateway';
import { kubeApiserver } from './steps/kube-apiserver';
import { kubeControllerManager } from './steps/kube-controller-manager';
import { kubeProxy } from './steps/kube-proxy';
import { kubeScheduler } from './steps/kube-scheduler';
import { kubelet } from './steps/kubelet';
import { pods } from './steps/pods';
import { privateNodes } from './steps/private-nodes';
import { quorum } from './steps/quorum';
import { rbac } from './steps/rbac';
import { ready } from './steps/ready';
import { registration } from './steps/registration';

/**
 * One login to a machine, in which it goes through those of `steps` that are for it, in order. Steps share a login because
 * six machines that share two cores spend more time on logging in than on what these steps do.
 */
export interface Session {
  name: string;
  /** Where it is gone through; without this, wherever one of its steps is. */
  on?: Step['on'];
  steps: Step[];
  /** Sessions that must be over before, on the same machine, where it has them. */
  after: string[];
  /** Sessions that must be over before on every machine; a new machine runs this one again. */
  afterEverywhere?: string[];
}

/** Everything that makes six machines a cluster. What is not said to come after something else runs side by side. */
export const OUTLINE: Session[] = [
  // A login of its own: what is behind the gateway begins when this is over, and needn't wait for the gateway's own downloads.
  { name: 'gateway', on: 'gateway', steps: [ready, gateway], after: [] },
  // Comes after the instances behind the gateway too. Their own first session comes after it.
  { name: 'private-nodes', steps: [privateNodes], after: ['gateway'] },
  // All that a machine does by itself. Nothing here waits for another machine: with --parallel 1 it would wait for ever.
  {
    name: 'machine',
    steps: [
      ready,
      artifacts,
      cni,
      certificates,
      etcd,
      kubeApiserver,
      kubeControllerManager,
      kubeScheduler,
      containerd,
      kubelet,
      kubeProxy,
    ],
    after: ['gateway'],
  },
  { name: 'control-plane', steps: [quorum], after: ['machine'] },
  {
    name: 'registration',
    steps: [registration],
    after: ['machine'],
    afterEverywhere: ['control-plane'],
  },
  // What is asked for while the nodes still register; `workloads` waits for what comes of it.
  { name: 'objects', steps: [rbac, pods, coredns], after: ['control-plane'] },
  {
    name: 'workloads',
    steps: [dns],
    after: ['objects'],
    afterEverywhere: ['control-plane', 'registration'],
  },
];

type Place = Pick<Node, 'role' | 'index'> & Partial<Pick<Node, 'isGateway'>>;

function isFor(on: Step['on'], node: Place): boolean {
  if (on === 'all') return true;
  if (on === 'first controller') return node.role === 'controller' && node.index === 0;
  if (on === 'gateway') return node.isGateway === true;
  return on === node.role;
}

/** Returns the steps of a session for a node of a lab at `stage`; empty if the session has none for the node. */
export const stepsOf = (session: Session, node: Place, stage: Stage): Step[] =>
  session.steps.filter(
    (step) =>
      isFor(session.on ?? 'all', node) && isFor(step.on, node) && reaches(stage, step.stage),
  );

/** The names of the steps that a node has gone through when a lab at `stage` is up, on any cloud. */
export const expectedSteps = (node: Place, stage: Stage): string[] => [
  ...new Set(OUTLINE.flatMap((session) => stepsOf(session, node, stage).map((step) => step.name))),
];

/** The systemd units, without `.service`, that must be active on a node of `role` when a lab at `stage` is up, on any cloud. */
export const expectedUnits = (role: Node['role'], stage: Stage): string[] =>
  OUTLINE.flatMap((session) =>
    stepsOf(session, { role, index: 1 }, stage).flatMap((step) => step.units ?? []),
  );

/** The name of the Pulumi resource that is a session on a machine: `machine@controller-0`. */
export const commandName = (session: string, machine: string): string => `${session}@${machine}`;

/**
 * The names of the Pulumi resources by which a machine goes through a step again, with all that comes after it there and
 * waits for what comes of it; it needn't have all of them. Throws for a step that there is not.
 */
export function commandsOf(step: string, machine: string): string[] {
  const sessions = new Set(
    OUTLINE.filter(({ steps }) => steps.some(({ name }) => name === step)).map(({ name }) => name),
  );
  if (sessions.size === 0) throw new Error(`there is no step "${step}"`);
  // The outline is in order, so one look is enough.
  for (const { name, after } of OUTLINE)
    if (after.some((before) => sessions.has(before))) sessions.add(name);
  return [...sessions].map((name) => commandName(name, machine));
}
