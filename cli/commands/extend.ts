import type { Command } from 'commander';
import { expiry } from '../../components/config';
import { timeAfter } from '../../provider/time';
import { apply, wasUp } from '../actions/up';
import { installCure, notUp } from '../lab/access';
import { Engine, projectName } from '../engine';
import { expiryIn } from '../lab/expiry';
import { Failure, Interrupted, usage } from '../errors';
import { labArgument, type LabRef, parseLab } from '../lab/name';
import { progressOn, type Progress } from '../ui/progress';
import { installed } from '../actions/ensure-toolchain';
import { adoptConfig, trySettings } from '../lab/settings';
import { withLabLock } from '../lab/lock';

/**
 * Returns the new expiry of a lab that expires at `expires`. `by` is a duration or a time. The
 * result is in UTC, to the minute.
 */
export function moved(expires: string, by: string, now = new Date()): string {
  // An expiry in the past counts from now: otherwise `2h` could still be in the past.
  return timeAfter(by, new Date(Math.max(Date.parse(expires), now.getTime())));
}

/** Changes a lab's expiry only: drift stays as it is. */
async function move(engine: Engine, lab: LabRef, by: string, progress: Progress): Promise<void> {
  const snapshot = await engine.snapshot(lab.stack);
  if (snapshot?.unreadable) throw snapshot.unreadable;
  if (!wasUp(snapshot)) throw notUp(lab);
  adoptConfig(lab, snapshot.outputs);
  const { expires } = snapshot.outputs;
  if (expires === '')
    throw usage(
      `Lab ${lab.stack} never expires.`,
      `./lab up${labArgument(lab)} --set expires=${by} sets an expiry`,
    );
  const to = moved(expires, by);
  if (Date.parse(to) <= Date.now())
    throw usage(
      `${to} is in the past: lab ${lab.stack} would expire at once.`,
      `./lab down${labArgument(lab)}`,
    );
  const takeBack = trySettings(lab, new Map([[`${projectName()}:expires`, to]]));
  try {
    await apply(engine, lab, { snapshot, refresh: false, replace: [], takeBack }, progress);
  } catch (error) {
    if (error instanceof Failure) throw await withEnd(engine, lab, error);
    throw error;
  }
  progress.say(`Lab ${lab.stack} expires at ${to} (before: ${expires}).`);
}

/**
 * Adds the lab's present expiry to the message of a failed run: it may have changed before another
 * resource failed.
 */
async function withEnd(engine: Engine, lab: LabRef, failure: Failure): Promise<Failure> {
  const snapshot = await engine.snapshot(lab.stack).catch(() => undefined);
  const end = snapshot && expiryIn(snapshot);
  if (!end) return failure;
  const message = `${failure.message}\nLab ${lab.stack} expires at ${end} now.`;
  if (failure instanceof Interrupted) return new Interrupted(message, failure.cure);
  return new Failure(message, failure.exitCode, failure.cure);
}

async function extend(words: string[]): Promise<void> {
  if (words.length > 2)
    throw usage(
      `./lab extend takes one NAME and one duration, not: ${words.join(' ')}`,
      './lab extend s01 2h',
    );
  const [by = '', name] = [...words].reverse();
  if (by === '') throw usage('Missing duration.', './lab extend 2h');
  // A single word that starts with a letter is a lab's name.
  if (words.length === 1 && /^[a-z]/i.test(by))
    throw usage('Missing duration.', `./lab extend${labArgument(parseLab(by))} 2h`);
  const lab = parseLab(name);
  try {
    expiry(by);
  } catch {
    throw usage(
      `"${by}" is neither a duration such as 2h, 90m or 1d nor a time such as 2026-12-01T18:00Z.`,
      `./lab extend${labArgument(lab)} 2h`,
    );
  }
  const progress = progressOn();
  try {
    const engine = await Engine.open(await installed(installCure(lab)));
    await withLabLock(lab, 'extend', () => move(engine, lab, by, progress));
  } finally {
    progress.close();
  }
}

export function register(program: Command): void {
  program
    .command('extend')
    .usage('[NAME] BY')
    .argument('[WORDS...]', 'NAME (optional), and a duration or a time')
    .description("extend a lab's expiry by a duration (2h, 1d), or set it to a time; see reap")
    .action(extend);
}
