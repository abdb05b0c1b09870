import { type Stage, reaches } from '../stage';
import type { Node } from '../topology';
import type { Step, Wanted } from './step';
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
  // All that a machine does by itself. Nothing here waits for another machine: with --parallel 1 it would wait for ever.
  {
    name: 'machine',
    steps: [
      ready, gateway, artifacts, cni, certificates,
      etcd, kubeApiserver, plainHealth, kubeControllerManager, kubeScheduler, containerd, kubelet, kubeProxy,
    ],
    after: [],
  },
  { name: 'control-plane', steps: [quorum], after: ['machine'] },
  { name: 'registration', steps: [registration], after: ['machine'], afterEverywhere: ['control-plane'] },
  // What is asked for while the nodes still register; `workloads` waits for what comes of it.
  { name: 'objects', steps: [rbac, pods, coredns], after: ['control-plane'] },
  { name: 'workloads', steps: [dns], after: ['objects'], afterEverywhere: ['control-plane', 'registration'] },
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

/** The name of the Pulumi resource that is a session on a machine: `machine@controller-0`. */
export const commandName = (session: string, machine: string): string => `${session}@${machine}`;

/** The name of the Pulumi resource by which a machine goes through a step. Throws for a step that there is not. */
export function commandOf(step: string, machine: string): string {
  const session = OUTLINE.find(({ steps }) => steps.some(({ name }) => name === step));
  if (!session) throw new Error(`there is no step "${step}"`);
  return commandName(session.name, machine);
}
