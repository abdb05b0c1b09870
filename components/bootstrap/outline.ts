import { type Stage, reaches } from '../stage';
import type { Node } from '../topology';
import type { Step, Wanted } from './step';
import { artifacts } from './steps/artifacts';
import { certificates } from './steps/certificates';
import { cni } from './steps/cni';
import { containerd } from './steps/containerd';
import { coredns } from './steps/coredns';
import { etcd } from './steps/etcd';
import { gateway } from './steps/gateway';
import { kubeApiserver } from './steps/kube-apiserver';
import { kubeControllerManager } from './steps/kube-controller-manager';
import { kubeProxy } from './steps/kube-proxy';
import { kubeScheduler } from './steps/kube-scheduler';
import { kubelet } from './steps/kubelet';
import { plainHealth } from './steps/plain-health';
import { pods } from './steps/pods';
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
  steps: Step[];
  /** Sessions that must be over before, on the same machine. */
  after: string[];
  /** Sessions that must be over before on every machine; a new machine runs this one again. */
  afterEverywhere?: string[];
}

/** Everything that makes six machines a cluster. What is not said to come after something else runs side by side. */
export const OUTLINE: Session[] = [
  { name: 'machine', steps: [ready, gateway, artifacts, cni], after: [] },
  // By itself, since what it sends is secret and is not logged.
  { name: 'certificates', steps: [certificates], after: ['machine'] },
  { name: 'services', steps: [etcd, kubeApiserver, plainHealth, kubeControllerManager, kubeScheduler, containerd, kubelet, kubeProxy], after: ['certificates'] },
  { name: 'control-plane', steps: [quorum, rbac], after: ['services'] },
  { name: 'registration', steps: [registration], after: ['services'], afterEverywhere: ['control-plane'] },
  { name: 'workloads', steps: [pods, coredns], after: ['control-plane'], afterEverywhere: ['control-plane', 'registration'] },
];

type Place = Pick<Node, 'role' | 'index'> & Partial<Pick<Node, 'isGateway'>>;

function runsOn(step: Step, node: Place): boolean {
  if (step.on === 'all') return true;
  if (step.on === 'first controller') return node.role === 'controller' && node.index === 0;
  if (step.on === 'gateway') return node.isGateway === true;
  return step.on === node.role;
}

/** The steps of a session that a node goes through; none where the session isn't for it. */
export const stepsOf = (session: Session, node: Place, lab: Wanted): Step[] =>
  session.steps.filter((step) => runsOn(step, node) && reaches(lab.stage, step.stage) && (step.when?.(lab) ?? true));

/** The names of the steps that a node has gone through when a lab at `stage` is up, on any cloud. */
export const expectedSteps = (node: Place, stage: Stage): string[] =>
  OUTLINE.flatMap((session) => stepsOf(session, node, { stage }).map((step) => step.name));

/** The systemd units, without `.service`, that must be active on a node of `role` when a lab at `stage` is up, on any cloud. */
export const expectedUnits = (role: Node['role'], stage: Stage): string[] =>
  OUTLINE.flatMap((session) => stepsOf(session, { role, index: 1 }, { stage }).flatMap((step) => step.units ?? []));

/** The name of the Pulumi resource that is a session on a machine: `services@controller-0`. */
export const commandName = (session: string, machine: string): string => `${session}@${machine}`;

/** The name of the Pulumi resource by which a machine goes through a step. Throws for a step that there is not. */
export function commandOf(step: string, machine: string): string {
  const session = OUTLINE.find(({ steps }) => steps.some(({ name }) => name === step));
  if (!session) throw new Error(`there is no step "${step}"`);
  return commandName(session.name, machine);
}
