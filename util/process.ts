import * as fs from 'node:fs';

/** Identity of a process. The start time is part of it, because the kernel reuses process ids. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks between the host's boot and the start of the process, as in /proc/PID/stat. */
  started: string;
}

/**
 * Returns the start time of a process: field 22 of /proc/PID/stat, in clock ticks since boot.
 * Returns `undefined` if the process does not exist or is a zombie.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2 is the program's name in parentheses. It may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return fields[19];
  } catch {
    return undefined;
  }
}

/** Returns true while the process with this id and start time runs. */
export const isRunning = ({ pid, started }: ProcessIdentity): boolean =>
  startTimeOf(pid) === started;

/** Returns the name of a process's program; '' if the process has ended. */
export function programOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Returns the id of the host's current boot. It differs after every reboot. */
export const bootId = (): string =>
  fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
