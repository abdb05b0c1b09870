import { CLOUDS } from '../../components/config';
import { textIf } from '../../util/optional';
import { medianImports } from './imports';
import { type InCloud, PLACES, simulated } from './lab';
import { BOOT } from './latencies';
import { criticalPath, type Done, latest, simulate, type Task } from './schedule';
import { sum } from '../../util/sum';

/** Returns the seconds of all tasks one after another, as in the Hard Way. Instances boot during the next tasks. */
function oneAfterAnother(tasks: Task[]): number {
  const work = sum(tasks.map(({ seconds }) => seconds));
  return work + BOOT;
}

const short = (key: string): string => key.replace(/^\S*:/, '').replace(/^Command /, '');

function formatChain(chain: Done[]): string {
  return chain
    .filter(({ begin, end }) => end > begin)
    .map(
      ({ key, seconds, begin, end }) =>
        `  ${begin.toFixed(1).padStart(6)} s  ${short(key)} (${seconds} s${textIf(end - begin > seconds, `, after ${(end - begin - seconds).toFixed(1)} s of waiting for its instance`)})`,
    )
    .join('\n');
}

/** Formats a ratio, which is below 10, or else a number of seconds. */
function figure(value: number): string {
  if (value < 10) return value.toFixed(2);
  return `${value.toFixed(0)} s`;
}

async function report(cloud: InCloud, profile: 'full' | 'small'): Promise<string> {
  const { tasks, done, whole, nodes, cluster, toReady, longest } = await simulated(cloud, profile);
  const unbounded = latest([...simulate(tasks, Infinity).values()]);
  const row = [
    `${cloud}, ${profile}`,
    whole.end,
    nodes.end,
    cluster.end,
    toReady,
    nodes.end / toReady,
    longest,
    whole.end / longest,
    unbounded.end,
    oneAfterAnother(tasks),
  ].map((cell) => {
    if (typeof cell === 'number') return figure(cell);
    return cell;
  });
  console.log(
    `\n${cloud}, profile ${profile}: critical path until all nodes are Ready\n${formatChain(criticalPath(done, nodes))}`,
  );
  if (whole !== cluster)
    console.log(`and until everything exists\n${formatChain(criticalPath(done, whole))}`);
  return `| ${row.join(' | ')} |`;
}

async function main(): Promise<void> {
  console.log(
    'Simulated: the order comes from the resource graph, the times from bench/critical-path/latencies.ts.',
  );
  const rows: string[] = [];
  for (const cloud of ['aws', 'gcp'] as const)
    for (const profile of ['full', 'small'] as const) rows.push(await report(cloud, profile));
  console.log(
    `\n| simulated, ${PLACES} at once | whole up | nodes Ready | with DNS | chain to Ready | ratio | longest chain | ratio | without limit | one after another |`,
  );
  console.log(`|---|---|---|---|---|---|---|---|---|---|\n${rows.join('\n')}`);
  console.log('\nMeasured: processor time to load index.ts and the stack’s cloud, median of five');
  for (const cloud of CLOUDS) {
    const { milliseconds, sdks } = medianImports(cloud);
    console.log(
      `  stack ${cloud}: ${milliseconds.toFixed(0)} ms, SDKs in memory: ${sdks.join(', ') || 'none'}`,
    );
  }
}

void main();
