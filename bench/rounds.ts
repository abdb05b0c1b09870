import type { Floor } from './floor';
import { classOfFour, recreates } from './class';
import { hardWay } from './hard-way';
import { type BenchLab, removePods, startPods, timed } from './lab';
import type { Measures } from './measures';
import { quiet } from './quiet';
import { throughput } from './throughput';
import { type ByProgram, memory, processorTime, total } from './usage';

/** Parts of a round with one lab, in the order in which they run. */
const LAB_PARTS = [
  'floor',
  'up',
  'memory',
  'throughput',
  'no-op',
  'idle',
  'verify',
  'recreate',
  'down',
  'hard-way',
] as const;
/** Parts with several labs, or with one lab many times. They run only on request. */
const CLASS_PARTS = ['class', 'recreates'] as const;
export const PARTS = [...LAB_PARTS, ...CLASS_PARTS] as const;
export const USUAL_PARTS: readonly Part[] = LAB_PARTS;
export type Part = (typeof PARTS)[number];

const IDLE_SECONDS = 30;

/** Input and results of the rounds. */
export interface Bench {
  parts: Set<Part>;
  lab: BenchLab;
  /** Second lab, for the Hard Way. */
  bare: BenchLab;
  floor?: Floor;
  /** Private directory of the benchmark. */
  directory: string;
  measures: Measures;
  /** Usage by program in the last round. */
  programs: { memory?: ByProgram; idle?: ByProgram };
  /** Prints what is measured now. Throws if the benchmark was interrupted. */
  say(what: string): void;
}

/** Measures `up` until the test pods are Ready, and the parts that need the pods. */
async function measureWithPods(bench: Bench): Promise<void> {
  const { lab, measures, parts, programs } = bench;
  bench.say('up');
  await quiet();
  let seconds = await timed(() => lab.up());
  await lab.inside(async (access) => {
    seconds += await timed(() => startPods(access, access.outputs.topology.nodes));
    measures.add('up', seconds);
    if (parts.has('memory')) {
      programs.memory = memory(lab.name);
      measures.add('memory', total(programs.memory));
    }
    if (parts.has('throughput')) {
      bench.say('throughput');
      const { pods, nodes } = await throughput(access);
      measures.add('pod-to-pod', pods);
      measures.add('node-to-node', nodes);
    }
    await removePods(access);
  });
}

async function measureFloor(floor: Floor, { parts, measures, say }: Bench): Promise<void> {
  say('floor');
  await quiet();
  const seconds = await floor.run(async () => {
    if (!parts.has('throughput')) return;
    say('throughput of the floor');
    const { pods, nodes } = await floor.throughput();
    measures.add('floor-pod:node', pods / nodes);
  });
  measures.add('floor', seconds);
}

/** Measures one lab from `up` to `down`. */
async function measureLab(bench: Bench): Promise<void> {
  const { lab, measures, parts, programs } = bench;
  const time = async (part: Part, work: () => Promise<unknown>): Promise<void> => {
    if (!parts.has(part)) return;
    bench.say(part);
    measures.add(part, await timed(work));
  };
  await measureWithPods(bench);
  await time('no-op', () => lab.up());
  if (parts.has('idle')) {
    bench.say('idle');
    programs.idle = await processorTime(lab.name, IDLE_SECONDS);
    measures.add('idle', total(programs.idle));
  }
  await time('verify', () => lab.verify());
  if (parts.has('recreate')) {
    bench.say('recreate');
    measures.add('recreate', await lab.recreate());
  }
  bench.say('down');
  measures.add('down', await timed(() => lab.down()));
}

/**
 * Measures every part once. Floor and lab alternate over the rounds, so that other load on the host
 * affects both.
 */
export async function round(bench: Bench): Promise<void> {
  const { parts, measures } = bench;
  if (parts.has('floor') && bench.floor) {
    await measureFloor(bench.floor, bench);
  }
  if (LAB_PARTS.some((part) => parts.has(part) && part !== 'floor' && part !== 'hard-way'))
    await measureLab(bench);
  if (parts.has('class')) await classOfFour(bench);
  if (parts.has('recreates')) await recreates(bench);
  if (!parts.has('hard-way')) return;
  bench.say('hard way');
  await quiet();
  const { machines, steps } = await hardWay(bench.bare, bench.directory);
  measures.add('hard-way', machines + steps);
  measures.add('hard-way-steps', steps);
  await bench.bare.down();
}
