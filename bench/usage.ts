import * as fs from 'node:fs';
import { processesStartedFor } from '../provider/local/shared/daemon';
import { processesOf } from '../provider/local/shared/cgroups';
import { programOf } from '../util/process';
import { sum } from '../util/sum';

/** Usage of each program of a lab, largest first. */
export type ByProgram = [program: string, amount: number][];

/**
 * Returns the ids of all processes of a lab: on its nodes, in its router, and those that run the
 * nodes.
 */
const processes = (lab: string): number[] => [
  ...new Set([...processesOf(lab), ...processesStartedFor(lab)]),
];

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
};

function byProgram(amounts: [pid: number, amount: number][]): ByProgram {
  const sums = new Map<string, number>();
  for (const [pid, amount] of amounts) {
    const program = programOf(pid);
    sums.set(program, (sums.get(program) ?? 0) + amount);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
}

export const total = (amounts: ByProgram): number => sum(amounts.map(([, amount]) => amount));

/**
 * Measures megabytes of memory by program: the proportional share (PSS) of each process, in which a
 * page that several processes map counts once. The host's MemAvailable would include other
 * programs. The sum of resident sets would count a program's pages six times. A cgroup's figure
 * would include the file cache, which the kernel can reclaim.
 */
export function memory(lab: string): ByProgram {
  return byProgram(
    processes(lab).map((pid) => [
      pid,
      (Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024) / 1e6,
    ]),
  );
}

const TICKS_A_SECOND = 100;

/** Returns the seconds of processor time of a process and of its children that have ended. */
function processorSeconds(pid: number): number {
  // The program's name in parentheses may contain spaces. utime, stime, cutime and cstime are
  // fields 14 to 17.
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_A_SECOND;
}

/** Measures the average number of cores that each program uses over `seconds`. */
export async function processorTime(lab: string, seconds: number): Promise<ByProgram> {
  const before = new Map(processes(lab).map((pid) => [pid, processorSeconds(pid)]));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const alive = processes(lab).filter((pid) => read(`/proc/${pid}/stat`) !== '');
  return byProgram(
    alive.map((pid) => [pid, (processorSeconds(pid) - (before.get(pid) ?? 0)) / seconds]),
  );
}
