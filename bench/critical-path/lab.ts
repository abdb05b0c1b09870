import type { Registered } from '../../test/support/mocks';
import { labOn } from '../../test/support/aws-graph';
import { gcpLab } from '../../test/support/gcp-graph';
import { BOOT, CREATE, OWN, SESSIONS } from './latencies';
import { type Done, latest, simulate, type Task } from './schedule';

export type InCloud = keyof typeof CREATE;

/** Number of resources that the engine creates at once. Pulumi's default is four times the number of cores. */
export const PLACES = 8;

const kindOf = ({ type }: Registered): string => type.split(':').pop()!;
const keyOf = ({ type, name }: Registered): string => `${type} ${name}`;
const isCommand = (resource: Registered): boolean => kindOf(resource) === 'Command';

function secondsOf(resource: Registered, cloud: InCloud): number {
  if (isCommand(resource)) return SESSIONS[resource.name.split('@')[0]];
  // Components and providers take no time.
  if (/^(hardway:lab|pulumi|test):/.test(resource.type)) return 0;
  const seconds = { ...OWN, ...CREATE[cloud] }[kindOf(resource)];
  if (seconds === undefined)
    throw new Error(
      `bench/critical-path/latencies.ts has no latency for ${kindOf(resource)}: add one`,
    );
  return seconds;
}

/** Returns the name of the instance that a resource logs in to or waits for: `machine@worker-0`, `worker-0-login`. */
function machineOf(resource: Registered): string | undefined {
  if (isCommand(resource)) return resource.name.split('@')[1];
  return /^(.*)-login$/.exec(resource.name)?.[1];
}

/** Converts the resource graph to tasks. A login waits until its instance has booted. */
const tasksOf = (all: Registered[], cloud: InCloud): Task[] =>
  all.map((resource) => {
    const machine = machineOf(resource);
    const instance = all.find((other) => kindOf(other) === 'Instance' && other.name === machine);
    const task = {
      key: keyOf(resource),
      seconds: secondsOf(resource, cloud),
      after: resource.dependencies,
    };
    if (machine === undefined) return task;
    return { ...task, notBefore: { key: keyOf(instance!), seconds: BOOT } };
  });

/** Returns the seconds of the longest chains that a cloud imposes on any program that creates this lab. */
function floors(cloud: InCloud): { cluster: number; balancer: number } {
  const { aws, gcp } = CREATE;
  const onceBooted = BOOT + SESSIONS.machine + SESSIONS['control-plane'] + SESSIONS.registration;
  if (cloud === 'aws') {
    const network = aws.Vpc + aws.Subnet;
    return {
      cluster: network + aws.Instance + onceBooted,
      balancer: network + aws.SubnetCidrReservation + aws.LoadBalancer + aws.Listener,
    };
  }
  const machine = gcp.Network + gcp.Subnetwork + gcp.Instance;
  return {
    cluster: machine + onceBooted,
    balancer: Math.max(
      machine + gcp.InstanceGroupMembership,
      gcp.Network + gcp.InstanceGroup + gcp.RegionBackendService + gcp.ForwardingRule,
    ),
  };
}

/** Simulated `up` of a lab. */
export interface Simulated {
  tasks: Task[];
  done: Map<string, Done>;
  /** Last task of all tasks (whole), of the tasks until the nodes are Ready (nodes), of bootstrap (cluster). */
  whole: Done;
  nodes: Done;
  cluster: Done;
  /** Lower limit in seconds for any program: until the nodes are Ready (toReady), until everything exists (longest). */
  toReady: number;
  longest: number;
}

/** Simulates the `up` of a lab of default config. */
export async function simulated(cloud: InCloud, profile: 'full' | 'small'): Promise<Simulated> {
  const all =
    cloud === 'aws' ? (await labOn({ profile })).made.all : (await gcpLab({ profile })).graph.all;
  const tasks = tasksOf(all, cloud);
  const done = simulate(tasks, PLACES);
  const ends = [...done.values()];
  const floor = floors(cloud);
  return {
    tasks,
    done,
    whole: latest(ends),
    nodes: latest(ends.filter(({ key }) => key.includes(' registration@'))),
    cluster: latest(ends.filter(({ key }) => key.startsWith('command:'))),
    toReady: floor.cluster,
    longest: profile === 'small' ? floor.cluster : Math.max(floor.cluster, floor.balancer),
  };
}
