import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { until } from './until';
import { environment, state } from './command';

/**
 * A moment of an engine's run, as the state records it: the first resource that it is creating or deleting, or has
 * created or deleted in this run. Or the run itself: from its lock on, before anything is done.
 */
export type Moment =
  | {
      when: 'creating' | 'created' | 'deleting' | 'deleted';
      /** Type and name: `hardway:local:Route pod-route-worker-0`. */ of: RegExp;
    }
  | { when: 'locked' };

/**
 * Who is killed. engine: pulumi alone, the others have to notice; command: ./lab alone, the engine goes on without
 * anybody to tell; all: ./lab, engine, language host, program, plugins and what they run, at once.
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
    // It ended by itself.
  }
};

const childrenOf = (pid: number): number[] => {
  const tasks = fs.existsSync(`/proc/${pid}/task`) ? fs.readdirSync(`/proc/${pid}/task`) : [];
  return tasks.flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
};

/** Whether a process is the lab's own, a machine or a service: that is meant to stay. It shows once its program is loaded. */
const isLabs = (pid: number): boolean => read(`/proc/${pid}/environ`).includes('HARDWAY_OWNER=');

/** A process and all below it, but for what belongs to the lab. */
export function family(pid: number): number[] {
  if (isLabs(pid)) return [];
  return [pid, ...childrenOf(pid).flatMap(family)];
}

/** The engine that ./lab runs just now to change something. */
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

/** Reads a stack's state as the engine writes it, and says when a moment has come. */
class Watch {
  private readonly file: string;
  private readonly locks: string;
  private before: Set<string> | undefined;
  /** What an earlier run that was killed left under way. */
  private stale: string[] = [];
  private written = '';

  constructor(
    lab: string,
    private readonly moment: Moment,
  ) {
    this.file = path.join(state, 'backend/.pulumi/stacks/hardway-lab', `${lab}.json`);
    this.locks = path.join(state, 'backend/.pulumi/locks/organization/hardway-lab', lab);
  }

  hasCome(): boolean {
    if (this.moment.when === 'locked')
      return (
        fs.existsSync(this.locks) &&
        fs.readdirSync(this.locks).some((name) => name.endsWith('.json'))
      );
    const text = read(this.file);
    if (text === this.written && this.before) return false;
    this.written = text;
    const { resources = [], pending_operations: pending = [] } = (
      text ? (JSON.parse(text).checkpoint.latest ?? {}) : {}
    ) as Checkpoint;
    const there = new Set(resources.map(({ urn }) => titleOf(urn)));
    const underWay = pending
      .filter(({ type }) => type === this.moment.when)
      .map(({ resource }) => titleOf(resource.urn));
    this.stale = this.before ? this.stale.filter((title) => underWay.includes(title)) : underWay;
    this.before ??= there;
    const { when, of } = this.moment;
    if (when === 'created')
      return [...there].some((title) => of.test(title) && !this.before!.has(title));
    if (when === 'deleted')
      return [...this.before].some((title) => of.test(title) && !there.has(title));
    return underWay.some((title) => of.test(title) && !this.stale.includes(title));
  }
}

export interface Killed {
  /** Whether the moment came; otherwise the command ended by itself. */
  hit: boolean;
  /** Of the command, where it ended by itself. */
  code: number | null;
  output: string;
  /** Milliseconds from the kill until none of the run's processes was left. */
  silence: number;
}

/** Longest time, in seconds, that anything of a killed run may go on. */
const PATIENCE = 10;

/** Runs `./lab ARGS` and kills at the moment; returns when nothing of that run is left. Throws where something stays. */
export async function killedAt(
  lab: string,
  args: string[],
  moment: Moment,
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
  const watch = new Watch(lab, moment);
  let engine: number | undefined;
  let hit = false;
  while (!hit && child.exitCode === null && child.signalCode === null) {
    engine = engineOf(command);
    // Whatever an earlier run left in the state is there before this one's engine is.
    hit = watch.hasCome() && engine !== undefined;
    if (!hit) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (!hit) {
    await ended;
    return { hit, code: child.exitCode, output, silence: 0 };
  }
  const all = family(command);
  const killedAt = Date.now();
  if (victim === 'engine') kill(engine!);
  else if (victim === 'command') kill(command);
  // From the top, so that nobody has the time to notice.
  else all.forEach(kill);
  await ended;
  // An engine without a ./lab to tell goes on for a while; the next ./lab ends it.
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
  return { hit, code: null, output, silence: Date.now() - killedAt };
}
