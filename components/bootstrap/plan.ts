import { type Stage, reaches } from '../config';
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
 * One SSH login to a machine, which runs the steps for that machine in order. Steps share a login,
 * because on a small host six logins take longer than most steps.
 */
export interface Session {
  name: string;
  /** Machines of the session. Default: all machines that have one of its steps. */
  on?: Step['on'];
  steps: Step[];
  /** Sessions on the same machine that must succeed before, if the machine has them. */
  after: string[];
  /** Sessions that must succeed before on every machine. A new machine repeats this session. */
  afterEverywhere?: string[];
}

/** All sessions that turn machines into a cluster. Sessions without an order run in parallel. */
export const OUTLINE: Session[] = [
  // A separate session: private nodes wait for it, and not for the gateway's own downloads.
  { name: 'gateway', on: 'gateway', steps: [ready, gateway], after: [] },
  // Runs after the private instances exist, and before their own first session.
  { name: 'private-nodes', steps: [privateNodes], after: ['gateway'] },
  // Steps that need no other machine. A step that waited for one would never end with --parallel 1.
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
    ],
    after: ['gateway'],
  },
  { name: 'control-plane', steps: [quorum], after: ['machine'] },
  // kube-proxy starts when the API server answers. If it starts earlier, it waits ever longer between
  // its attempts, and may write its rules seconds after the first pods need them.
  {
    name: 'registration',
    steps: [kubeProxy, registration],
    after: ['machine'],
    afterEverywhere: ['control-plane'],
  },
  // Creates cluster objects while nodes still register.
  { name: 'objects', steps: [rbac, pods], after: ['control-plane'] },
  // CoreDNS connects to the API server's ClusterIP as soon as it starts. Without a rule for this
  // address on its node, the packet leaves the node and is lost, and CoreDNS tries again only after
  // 30 s. So CoreDNS starts after all kube-proxies have written their rules.
  {
    name: 'workloads',
    steps: [coredns, dns],
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

/** Lists the steps that have succeeded on a node when a lab at `stage` is up, on every cloud. */
export const expectedSteps = (node: Place, stage: Stage): string[] => [
  ...new Set(OUTLINE.flatMap((session) => stepsOf(session, node, stage).map((step) => step.name))),
];

/** Lists the systemd units, without `.service`, that are active on a node of a lab at `stage`. */
export const expectedUnits = (role: Node['role'], stage: Stage): string[] =>
  OUTLINE.flatMap((session) =>
    stepsOf(session, { role, index: 1 }, stage).flatMap((step) => step.units ?? []),
  );

/** Returns the name of a session's Pulumi resource, for example `machine@controller-0`. */
export const commandName = (session: string, machine: string): string => `${session}@${machine}`;

/**
 * Lists the sessions to repeat when `step` is repeated on `machine`, by their Pulumi resources: those
 * with the step, and all later ones that depend on it. The machine may lack some of these resources.
 * Throws an Error if the step does not exist.
 */
export function commandsOf(step: string, machine: string): string[] {
  const sessions = new Set(
    OUTLINE.filter(({ steps }) => steps.some(({ name }) => name === step)).map(({ name }) => name),
  );
  if (sessions.size === 0) throw new Error(`there is no step "${step}"`);
  // OUTLINE is sorted by dependency, so one pass finds all dependents.
  for (const { name, after } of OUTLINE)
    if (after.some((before) => sessions.has(before))) sessions.add(name);
  return [...sessions].map((name) => commandName(name, machine));
}
