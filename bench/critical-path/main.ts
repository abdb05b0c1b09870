import { CLOUDS } from '../../components/config';
import type { Registered } from '../../test/support/mocks';
import { labOn } from '../../test/unit/aws-graph';
import { gcpLab } from '../../test/unit/gcp-mocks';
import { medianImports } from './imports';
import { BOOT, CREATE, OWN, SESSIONS } from './latencies';
import { criticalPath, type Done, latest, simulate, type Task } from './schedule';

type InCloud = keyof typeof CREATE;

/** What the engine works on at once: Pulumi's own default is four times the machine's cores. */
const PLACES = 8;

const kindOf = ({ type }: Registered): string => type.split(':').pop()!;
const keyOf = ({ type, name }: Registered): string => `${type} ${name}`;
const isCommand = (resource: Registered): boolean => kindOf(resource) === 'Command';

function secondsOf(resource: Registered, cloud: InCloud): number {
  if (isCommand(resource)) return SESSIONS[resource.name.split('@')[0]];
  // Components and providers take none.
  if (/^(hardway:lab|pulumi|test):/.test(resource.type)) return 0;
  const seconds = { ...OWN, ...CREATE[cloud] }[kindOf(resource)];
  if (seconds === undefined) throw new Error(`bench/critical-path/latencies.ts doesn't say how long a ${kindOf(resource)} takes`);
  return seconds;
}

/** The graph as tasks. What logs in to a machine first waits until it has booted. */
const tasksOf = (all: Registered[], cloud: InCloud): Task[] =>
  all.map((resource) => {
    const [session, machine] = resource.name.split('@');
    const instance = all.find((other) => kindOf(other) === 'Instance' && other.name === machine);
    return {
      key: keyOf(resource),
      seconds: secondsOf(resource, cloud),
      after: resource.dependencies,
      ...(isCommand(resource) && session === 'machine' ? { notBefore: { key: keyOf(instance!), seconds: BOOT } } : {}),
    };
  });

/** The longest chains that a cloud imposes on whoever makes this lab, however he goes about it. */
function floors(cloud: InCloud): { cluster: number; balancer: number } {
  const { aws, gcp } = CREATE;
  const machine = cloud === 'aws' ? aws.Vpc + aws.Subnet + aws.Instance : gcp.Network + gcp.Subnetwork + gcp.Instance;
  return {
    cluster: machine + BOOT + SESSIONS.machine + SESSIONS['control-plane'] + SESSIONS.registration,
    balancer: machine + (cloud === 'aws' ? aws.LoadBalancer + aws.Listener : gcp.TargetPool + gcp.ForwardingRule),
  };
}

/** One thing after the other, as the Hard Way's text goes; machines boot while the next ones are made. */
function oneAfterAnother(tasks: Task[]): number {
  const work = tasks.reduce((sum, { seconds }) => sum + seconds, 0);
  return work + BOOT;
}

const short = (key: string): string => key.replace(/^\S*:/, '').replace(/^Command /, '');

function tell(chain: Done[]): string {
  return chain
    .filter(({ begin, end }) => end > begin)
    .map(({ key, seconds, begin, end }) => `  ${begin.toFixed(1).padStart(6)} s  ${short(key)} (${seconds} s${end - begin > seconds ? `, after ${(end - begin - seconds).toFixed(1)} s of waiting for its machine` : ''})`)
    .join('\n');
}

async function report(cloud: InCloud, profile: string): Promise<string> {
  const all = cloud === 'aws' ? (await labOn({ profile })).made.all : (await gcpLab({ profile })).graph.all;
  const tasks = tasksOf(all, cloud);
  const done = simulate(tasks, PLACES);
  const ends = [...done.values()];
  const whole = latest(ends);
  const nodes = latest(ends.filter(({ key }) => key.includes(' registration@')));
  const cluster = latest(ends.filter(({ key }) => key.startsWith('command:')));
  const floor = floors(cloud);
  const longest = profile === 'small' ? floor.cluster : Math.max(floor.cluster, floor.balancer);
  const unbounded = latest([...simulate(tasks, Infinity).values()]);
  const row = [
    `${cloud}, ${profile}`, whole.end, nodes.end, cluster.end, floor.cluster, nodes.end / floor.cluster, longest, whole.end / longest, unbounded.end, oneAfterAnother(tasks),
  ].map((cell) => (typeof cell === 'number' ? (cell < 10 ? cell.toFixed(2) : `${cell.toFixed(0)} s`) : cell));
  console.log(`\n${cloud}, profile ${profile}: critical path until all nodes are Ready\n${tell(criticalPath(done, nodes))}`);
  if (whole !== cluster) console.log(`and until everything is there\n${tell(criticalPath(done, whole))}`);
  return `| ${row.join(' | ')} |`;
}

async function main(): Promise<void> {
  console.log('Simulated: the order is that of the program’s own resource graph, the lengths are those of bench/critical-path/latencies.ts.');
  const rows: string[] = [];
  for (const cloud of ['aws', 'gcp'] as const) for (const profile of ['full', 'small']) rows.push(await report(cloud, profile));
  console.log(`\n| simulated, ${PLACES} at once | whole up | nodes Ready | with DNS | chain to Ready | ratio | longest chain | ratio | without limit | one after another |`);
  console.log(`|---|---|---|---|---|---|---|---|---|---|\n${rows.join('\n')}`);
  console.log('\nMeasured: processor time to load index.ts and the stack’s cloud, median of five');
  for (const cloud of CLOUDS) {
    const { milliseconds, sdks } = medianImports(cloud);
    console.log(`  stack ${cloud}: ${milliseconds.toFixed(0)} ms, SDKs in memory: ${sdks.join(', ') || 'none'}`);
  }
}

void main();
