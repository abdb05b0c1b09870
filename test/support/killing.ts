import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { until } from './until';
import { environment, state } from './command';

/**
 * Moment of an engine's run according to the state: the first matching resource that the engine is creating or deleting,
 * or has created or deleted in this run. `locked` is the start of the run, when the engine has the lock only.
 */
export type Moment =
  | {
      when: 'creating' | 'created' | 'deleting' | 'deleted';
      /** Type and name: `hardway:local:Route pod-route-worker-0`. */ of: RegExp;
    }
  | { when: 'locked' };

/**
 * Processes to kill. engine: only pulumi, which the other processes have to notice; command: only ./lab, so that the
 * engine continues alone; all: ./lab, engine, language host, program, plugins and their children at once.
 */
export type Victim = 'engine' | 'command' | 'all';

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

export const alive = (pid: number): boolean =>
  !/^\d+ \(.*\) [ZX]|^$/s.test(read(`/proc/${pid}/stat`));

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended already.
  }
};

const childrenOf = (pid: number): number[] => {
  const tasks = fs.existsSync(`/proc/${pid}/task`) ? fs.readdirSync(`/proc/${pid}/task`) : [];
  return tasks.flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
};

/** Returns whether a process is a node or a service of the lab, which stays. Works once its program is loaded. */
const isLabs = (pid: number): boolean => read(`/proc/${pid}/environ`).includes('HARDWAY_OWNER=');

/** Lists a process and its descendants, without the lab's nodes and services. */
export function family(pid: number): number[] {
  if (isLabs(pid)) return [];
  return [pid, ...childrenOf(pid).flatMap(family)];
}

/** Returns the engine that a ./lab is running now to change a lab. */
const engineOf = (command: number): number | undefined =>
  childrenOf(command).find((pid) => read(`/proc/${pid}/cmdline`).includes('--event-log'));

interface Checkpoint {
  resources?: { urn: string }[];
  pending_operations?: { resource: { urn: string }; type: 'creating' | 'deleting' | 'updating' }[];
}

function titleOf(urn: string): string {
  const [, , types, ...name] = urn.replace(/^urn:pulumi:/, '').split('::');
  return `${types.split('$').pop()} ${name.join('::')}`;
}

/** Watches a stack's state file while the engine writes it, and detects which moment has come. */
class Watch {
  private readonly file: string;
  private readonly locks: string;
  private before: Set<string> | undefined;
  /** Operations that an earlier, killed run has left unfinished. */
  private stale: string[] = [];
  private written = '';

  constructor(
    lab: string,
    private readonly moments: Moment[],
  ) {
    this.file = path.join(state, 'backend/.pulumi/stacks/hardway-lab', `${lab}.json`);
    this.locks = path.join(state, 'backend/.pulumi/locks/organization/hardway-lab', lab);
  }

  private isLocked(): boolean {
    if (!fs.existsSync(this.locks)) return false;
    return fs.readdirSync(this.locks).some((name) => name.endsWith('.json'));
  }

  /** Returns the first of the moments that has come; `undefined` if none has. */
  come(): Moment | undefined {
    const locked = this.moments.find(({ when }) => when === 'locked');
    if (locked && this.isLocked()) return locked;
    const text = read(this.file);
    if (text === this.written && this.before) return undefined;
    this.written = text;
    const { resources = [], pending_operations: pending = [] } = (
      text ? (JSON.parse(text).checkpoint.latest ?? {}) : {}
    ) as Checkpoint;
    const there = new Set(resources.map(({ urn }) => titleOf(urn)));
    const operations = pending.map(({ type, resource }) => `${type} ${titleOf(resource.urn)}`);
    this.stale = this.before ? this.stale.filter((one) => operations.includes(one)) : operations;
    this.before ??= there;
    const added = [...there].filter((title) => !this.before!.has(title));
    const removed = [...this.before].filter((title) => !there.has(title));
    const begun = operations.filter((one) => !this.stale.includes(one));
    const changes = [
      ...begun,
      ...added.map((title) => `created ${title}`),
      ...removed.map((title) => `deleted ${title}`),
    ];
    return this.moments.find((moment) => changes.some((change) => isAt(moment, change)));
  }
}

/** Returns whether a change, such as `creating hardway:local:Site site`, is a moment. */
function isAt(moment: Moment, change: string): boolean {
  if (moment.when === 'locked') return false;
  const [when] = change.split(' ');
  return when === moment.when && moment.of.test(change.slice(when.length + 1));
}

export interface Killed {
  /** Whether a moment came. If not, the command ended before. */
  hit: boolean;
  /** The moment that came. */
  moment?: Moment;
  /** Exit code of the command if no moment came. */
  code: number | null;
  output: string;
  /** Milliseconds from the kill until all processes of the run had ended. */
  silence: number;
}

/** Time limit in seconds for the processes of a killed run. */
const PATIENCE = 10;

/**
 * Runs `./lab ARGS`, kills it at the first of the moments that comes, and waits until all its
 * processes have ended. Throws if some stay.
 */
export async function killedAt(
  lab: string,
  args: string[],
  moments: Moment[],
  victim: Victim,
): Promise<Killed> {
  const child = spawn('./lab', args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const command = child.pid!;
  const watch = new Watch(lab, moments);
  let engine: number | undefined;
  let moment: Moment | undefined;
  while (!moment && child.exitCode === null && child.signalCode === null) {
    engine = engineOf(command);
    // Unfinished operations of an earlier run are in the state before this run's engine starts.
    const come = watch.come();
    if (engine !== undefined) moment = come;
    if (!moment) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (!moment) {
    await ended;
    return { hit: false, code: child.exitCode, output, silence: 0 };
  }
  const all = family(command);
  const killedAt = Date.now();
  if (victim === 'engine') kill(engine!);
  else if (victim === 'command') kill(command);
  // Parents first, so that no process has the time to react.
  else all.forEach(kill);
  await ended;
  // After a kill of ./lab its engine continues for a while; the next ./lab ends it.
  const left = (): number[] => all.filter((pid) => alive(pid) && !isLabs(pid));
  if (victim !== 'command') {
    await until(
      `${victim} killed: all processes of its run end`,
      () => left().length === 0,
      PATIENCE,
    ).catch((error: Error) => {
      throw new Error(
        `${error.message}; left: ${left()
          .map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`)
          .join('; ')}`,
      );
    });
  }
  return { hit: true, moment, code: null, output, silence: Date.now() - killedAt };
}
