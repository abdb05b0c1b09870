import * as fs from 'node:fs';
import * as path from 'node:path';
import { labFiles, writeSecret } from '../lab/files';

/**
 * Phase of a running drill. breaking: the lab is being saved and broken; broken: the student
 * searches; repairing: `stop` repairs the lab; ending: all checks passed, and the drill's objects
 * are being deleted. A killed command leaves its phase, from which `stop` continues.
 */
export type Phase = 'breaking' | 'broken' | 'repairing' | 'ending';

/** How a drill ended: by the student, after the solution was typed, or by `stop`. */
export type Result = 'solved' | 'shown' | 'stopped';

/** Drill that runs on a lab. */
export interface Running {
  drill: string;
  phase: Phase;
  /** ISO 8601. */
  started: string;
  /** Number of hints given. */
  hints: number;
  /** Number of `check` runs. */
  checks: number;
  /** Whether the solution was typed. */
  shown: boolean;
  /** Set in the phase `ending`. */
  result?: Result;
}

/** Drill that has ended. */
export interface Ended {
  drill: string;
  result: Result;
  /** ISO 8601. */
  started: string;
  /** Seconds from the broken lab to the end. */
  seconds: number;
  hints: number;
  checks: number;
}

/** Drills of one lab. */
export interface DrillRecord {
  running?: Running;
  history: Ended[];
}

/** Begins a drill. */
export const begin = (record: DrillRecord, drill: string, now: Date): DrillRecord => ({
  ...record,
  running: {
    ...{ drill, phase: 'breaking', started: now.toISOString() },
    ...{ hints: 0, checks: 0, shown: false },
  },
});

/** Changes the running drill. Returns the record unchanged if no drill runs. */
export const change = (record: DrillRecord, changes: Partial<Running>): DrillRecord =>
  record.running ? { ...record, running: { ...record.running, ...changes } } : record;

/** Moves the running drill to the history, in one step. */
export function end(record: DrillRecord, result: Result, now: Date): DrillRecord {
  if (!record.running) return record;
  const { drill, started, hints, checks } = record.running;
  const seconds = Math.round((now.getTime() - Date.parse(started)) / 1000);
  return { history: [...record.history, { drill, result, started, seconds, hints, checks }] };
}

/** Returns when a drill ended, in ISO 8601. */
export const endOf = ({ started, seconds }: Ended): string =>
  new Date(Date.parse(started) + seconds * 1000).toISOString();

/** Counts the different drills that were solved, and the tries that ended otherwise. */
export function countResults(history: Ended[]): { solved: number; others: number } {
  const solved = history.filter(({ result }) => result === 'solved');
  return {
    solved: new Set(solved.map(({ drill }) => drill)).size,
    others: history.length - solved.length,
  };
}

const fileOf = (stack: string): string => path.join(labFiles(stack).directory, 'drills.json');

/** Reads the drills of a lab. */
export function readRecord(stack: string): DrillRecord {
  try {
    return JSON.parse(fs.readFileSync(fileOf(stack), 'utf8')) as DrillRecord;
  } catch {
    return { history: [] };
  }
}

/** Saves the drills of a lab beside its files, in one step. They are deleted with the lab. */
export function writeRecord(stack: string, record: DrillRecord): void {
  fs.mkdirSync(path.dirname(fileOf(stack)), { recursive: true, mode: 0o700 });
  writeSecret(fileOf(stack), JSON.stringify(record, null, 2));
}
