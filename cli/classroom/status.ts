import { setTimeout as rest } from 'node:timers/promises';
import { type CloudOfAccounts } from '../account/account';
import { needsOf } from '../account/needs';
import { hourlyOf } from '../account/prices';
import { Engine } from '../engine';
import { EXIT, exitCodeOf, Interrupted, withCure } from '../errors';
import { differences, statusOf } from '../lab/status';
import { fieldsIf, ifPresent, itemsIf, textIf } from '../../util/optional';
import { counted, plural } from '../../util/plural';
import { cut } from '../../util/text-width';
import { quietProgress } from '../ui/progress';
import { age } from '../ui/duration';
import { checkedConfig } from '../lab/settings';
import { type Interruption, interruptible } from '../ui/signals';
import { columns, print, printJson } from '../ui/prompt';
import { type DrillRecord, readRecord } from '../drills/record';
import { formatLast, summarize } from '../drills/render';
import { lastVerified, type Verified } from '../lab/last-verification';
import { LONGEST_NAME } from './progress-board';
import { asFailure } from './jobs/runner';
import { mapConcurrent, READ_AT_ONCE } from './jobs/map-concurrent';
import { classTools, noLabs, type RosterOf } from './missing-labs';
import type { Student } from './roster';

/** Pause between two updates with --watch, in seconds. */
const REST = 5;

/** State of a student's lab. */
export interface StudentStatus {
  id: string;
  name: string;
  lab: string;
  cloud: string;
  state: 'up' | 'partial' | 'down' | 'unreadable';
  /** Why the lab can't be read, and what to do. */
  problem?: string;
  machines: { running: number; all: number };
  /** Result of the last `verify`; `undefined` if it never ran. */
  verified?: Verified;
  /** Running drill and results of drills; `undefined` if none ran. */
  drills?: DrillRecord;
  /** Drift, one line each. */
  drift: string[];
  /** ISO 8601. */
  created?: string;
  expires?: string;
  /** Cost in US dollars since the lab was created, by list prices. Labs in clouds only. */
  cost?: number;
}

const HOUR = 3_600_000;

function costOf({ lab, settings }: Student, created: string | undefined): number | undefined {
  if (lab.cloud === 'local' || !created) return undefined;
  const { dollars } = hourlyOf(lab.cloud as CloudOfAccounts, needsOf(checkedConfig(lab, settings)));
  return Math.round((dollars * (Date.now() - Date.parse(created)) * 100) / HOUR) / 100;
}

/** Returns the part of a row that is known without the lab. */
const rowOf = ({ id, name, lab }: Student): Omit<StudentStatus, 'state'> => ({
  id,
  name,
  lab: lab.stack,
  cloud: lab.cloud,
  machines: { running: 0, all: 0 },
  drift: [],
});

/** Reads the state of one lab. An unreadable lab is a row like the others. */
export async function studentStatusOf(
  engine: Engine,
  student: Student,
  kubectl: string,
): Promise<StudentStatus> {
  const { lab } = student;
  const nothing = rowOf(student);
  try {
    const status = await statusOf(engine, lab, kubectl, quietProgress);
    const { state, nodes, created, expires } = status;
    let verified: Verified | undefined;
    if (state !== 'down') verified = lastVerified(lab.stack);
    const drills = readRecord(lab.stack);
    const hasDrills = drills.running !== undefined || drills.history.length > 0;
    const cost = costOf(student, created);
    return {
      ...nothing,
      state,
      machines: { running: nodes.filter((node) => node.reachable).length, all: nodes.length },
      ...fieldsIf(verified, { verified }),
      ...fieldsIf(hasDrills, { drills }),
      drift: differences(status),
      ...fieldsIf(created, { created }),
      ...fieldsIf(expires, { expires }),
      ...fieldsIf(cost !== undefined, { cost }),
    };
  } catch (error) {
    return { ...nothing, state: 'unreadable', problem: withCure(asFailure(error)) };
  }
}

/** Whether a drill has broken the lab on purpose. Its drift is the answer that the student looks for. */
const isDrilled = ({ drills }: StudentStatus): boolean => drills?.running !== undefined;

function checksOf({ verified, drills }: StudentStatus): string {
  if (!verified) return '-';
  // The result of before the drill says nothing about the lab now.
  if (drills?.running && verified.at < drills.running.started) return '-';
  return `${verified.passed} of ${verified.passed + verified.failed}, ${age(verified.at)} ago`;
}

function driftOf(one: StudentStatus): string {
  if (isDrilled(one)) return 'drill';
  return textIf(one.state === 'up' && one.drift.length > 0, String(one.drift.length)) || '-';
}

/** Renders the table, with unreadable labs and drift below it. Ends without a newline. */
export function table(found: StudentStatus[], longestName = Infinity): string {
  const clouds = found.some(({ cloud }) => cloud !== 'local');
  const expiring = found.some(({ expires }) => expires);
  const drilling = found.some(({ drills }) => drills);
  const head = [
    'ID',
    'STUDENT',
    'LAB',
    'STATE',
    'NODES',
    'CHECKS',
    'DRIFT',
    ...itemsIf(drilling, 'DRILLS'),
    'AGE',
    ...itemsIf(expiring, 'EXPIRES'),
    ...itemsIf(clouds, 'COST'),
  ];
  const rows = found.map((one) => [
    one.id,
    cut(one.name, longestName),
    one.lab,
    one.state,
    textIf(one.state === 'up', `${one.machines.running} of ${one.machines.all}`) || '-',
    checksOf(one),
    driftOf(one),
    ...itemsIf(drilling, ifPresent(one.drills, summarize) ?? '-'),
    age(one.created) || '-',
    ...itemsIf(expiring, one.expires ?? '-'),
    ...itemsIf(clouds, ifPresent(one.cost, (cost) => `$${cost.toFixed(2)}`) ?? '-'),
  ]);
  const unreadable = found.flatMap(({ id, lab, problem }) =>
    itemsIf(problem, '', `${id} (${lab}) can't be read: ${problem}`),
  );
  const drift = found.filter((one) => one.drift.length > 0 && !isDrilled(one));
  const changed = itemsIf(
    drift.length > 0,
    '',
    'Drift:',
    ...drift.map(
      ({ id, lab, drift: lines }) =>
        `  ${id}: ${lines[0]}${textIf(lines.length > 1, `, and ${lines.length - 1} more (./lab status ${lab})`)}`,
    ),
  );
  const results = found.flatMap(({ id, drills }) => {
    const last = ifPresent(drills, formatLast);
    return itemsIf(last, `  ${id}: ${last}`);
  });
  const drilled = found.filter(isDrilled).length;
  const inDrill = `; ${counted(drilled, 'lab')} ${plural(drilled, 'is', 'are')} in a drill`;
  const well = found.filter((one) => isWell(one) && !isDrilled(one)).length;
  return [
    columns([head, ...rows]),
    ...unreadable,
    ...changed,
    ...itemsIf(results.length > 0, '', 'Last drills:', ...results),
    '',
    `${well} of ${found.length} labs are up without drift${textIf(drilled > 0, inDrill)}.`,
  ].join('\n');
}

/** Whether a lab is as it should be. A drill breaks a lab on purpose. */
const isWell = (one: StudentStatus): boolean =>
  one.state === 'up' && (one.drift.length === 0 || isDrilled(one));

export interface StatusOptions {
  roster: RosterOf;
  json?: boolean;
  watch?: boolean;
}

/**
 * Redraws the terminal until Ctrl-C, which lets the current update close its connections first.
 * Returns the last complete result.
 */
async function watch(look: () => Promise<StudentStatus[]>): Promise<StudentStatus[]> {
  const untilStopped = async ({ signal }: Interruption): Promise<StudentStatus[]> => {
    for (let seen: StudentStatus[] | undefined; ;) {
      const found = await look();
      // Ctrl-C also ends the programs of the current update, so its result is incomplete.
      if (signal.aborted) {
        if (seen) return seen;
        throw new Interrupted();
      }
      seen = found;
      const text = `${table(found, LONGEST_NAME)}\n\nUpdated at ${new Date().toTimeString().slice(0, 8)}; Ctrl-C stops.`;
      print(
        `\x1b[H\x1b[2J${text
          .split('\n')
          .map((line) => cut(line, process.stdout.columns - 1))
          .join('\n')}`,
      );
      await rest(REST * 1000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return found;
    }
  };
  return interruptible(untilStopped, () => undefined, {
    onAgain: () => process.exit(EXIT.interrupted),
  });
}

/**
 * Shows every student's lab; returns the exit code: 0 if all labs are up, and without drift unless a
 * drill runs.
 */
export async function classStatus(
  students: Student[],
  { json, watch: watching, roster }: StatusOptions,
): Promise<number> {
  const missing = noLabs(students, roster);
  if (missing && !watching) {
    if (json) printJson(students.map((student) => ({ ...rowOf(student), state: 'down' })));
    throw missing;
  }
  const toolchain = await classTools(students, roster);
  const engine = await Engine.open(toolchain);
  const look = (): Promise<StudentStatus[]> =>
    mapConcurrent(students, READ_AT_ONCE, (student) =>
      studentStatusOf(engine, student, toolchain.kubectl),
    );
  if (watching) return codeOf(await watch(look));
  const found = await look();
  if (json) printJson(found);
  else if (process.stdout.isTTY) print(table(found, LONGEST_NAME));
  else print(table(found));
  return codeOf(found);
}

const codeOf = (found: StudentStatus[]): number => exitCodeOf(found.every(isWell));
