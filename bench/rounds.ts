import type { Floor } from './floor';
import { classOfFour, recreates } from './class';
import { hardWay } from './hard-way';
import { type BenchLab, removePods, startPods, timed } from './lab';
import type { Measures } from './measures';
import { throughput } from './throughput';
import { type ByProgram, memory, processorTime, total } from './usage';

/** What can be measured, in the order in which a round does it. */
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
/** Several labs, or one many times: only where they are asked for. */
const CLASS_PARTS = ['class', 'recreates'] as const;
export const PARTS = [...LAB_PARTS, ...CLASS_PARTS] as const;
export const USUAL_PARTS: readonly Part[] = LAB_PARTS;
export type Part = (typeof PARTS)[number];

const IDLE_SECONDS = 30;

/** What a round works with. */
export interface Bench {
  parts: Set<Part>;
  lab: BenchLab;
  /** Another lab, for the Hard Way. */
  bare: BenchLab;
  floor?: Floor;
  /** Private, of the bench's own. */
  directory: string;
  measures: Measures;
  /** Of the last round: who uses what. */
  programs: { memory?: ByProgram; idle?: ByProgram };
  /** Says what is measured now. Throws where the bench was interrupted. */
  say(what: string): void;
}

/** With the test pods: the time until they are Ready, and what needs them. */
async function withPods(bench: Bench): Promise<void> {
  const { lab, measures, parts, programs } = bench;
  bench.say('up');
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

/** The life of a lab, from nothing to nothing. */
async function ours(bench: Bench): Promise<void> {
  const { lab, measures, parts, programs } = bench;
  const time = async (part: Part, work: () => Promise<unknown>): Promise<void> => {
    if (!parts.has(part)) return;
    bench.say(part);
    measures.add(part, await timed(work));
  };
  await withPods(bench);
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

/** Everything once; floor and lab by turns, so that whatever else the machine does hits both. */
export async function round(bench: Bench): Promise<void> {
  const { parts, measures } = bench;
  if (parts.has('floor') && bench.floor) {
    bench.say('floor');
    measures.add('floor', await bench.floor.run());
  }
  if (LAB_PARTS.some((part) => parts.has(part) && part !== 'floor' && part !== 'hard-way'))
    await ours(bench);
  if (parts.has('class')) await classOfFour(bench);
  if (parts.has('recreates')) await recreates(bench);
  if (!parts.has('hard-way')) return;
  bench.say('hard way');
  const { machines, steps } = await hardWay(bench.bare, bench.directory);
  measures.add('hard-way', machines + steps);
  measures.add('hard-way-steps', steps);
  await bench.bare.down();
}
