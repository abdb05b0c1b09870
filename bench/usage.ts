import * as fs from 'node:fs';
import { processesStartedFor } from '../provider/local/shared/daemon';
import { processesOf } from '../provider/local/shared/cgroups';
import { programOf } from '../util/process';

/** What each program of a lab uses, by its name, most first. */
export type ByProgram = [program: string, amount: number][];

/** Ids of all processes of a lab: of its machines, of its router, of what runs the machines. */
const processes = (lab: string): number[] => [
  ...new Set([...processesOf(lab), ...processesStartedFor(lab)]),
];

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    // It has ended meanwhile.
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

export const total = (amounts: ByProgram): number =>
  amounts.reduce((sum, [, amount]) => sum + amount, 0);

/**
 * Megabytes of memory by program: each process's proportional share (PSS), in which a page that several processes
 * have mapped counts once. Unlike the machine's MemAvailable it knows nothing of what else the machine does; unlike
 * the sum of resident sets it doesn't count the pages of a program six times; unlike a cgroup's own figure it leaves
 * out the file cache, which the machine takes back when it needs it.
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

/** Seconds of processor time of a process and of its children that have ended. */
function processorSeconds(pid: number): number {
  // The program's name, in parentheses, may hold anything; utime, stime, cutime and cstime are fields 14 to 17.
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_A_SECOND;
}

/** Cores that each program keeps busy on the average of `seconds`. */
export async function processorTime(lab: string, seconds: number): Promise<ByProgram> {
  const before = new Map(processes(lab).map((pid) => [pid, processorSeconds(pid)]));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const alive = processes(lab).filter((pid) => read(`/proc/${pid}/stat`) !== '');
  return byProgram(
    alive.map((pid) => [pid, (processorSeconds(pid) - (before.get(pid) ?? 0)) / seconds]),
  );
}
