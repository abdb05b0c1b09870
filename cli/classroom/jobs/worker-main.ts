/**
 * Does one task for one lab in its own process. Environment, signals and umask of one lab can't
 * affect another lab, and a crash affects one lab only. Runs the same code as the single commands
 * and sends its progress to the parent process. Stops in order if the parent asks for it or ends.
 */
import { poll } from '../../../util/poll';
import { bringUp } from '../../actions/up';
import { check } from '../../actions/verify';
import { findDrill } from '../../drills/loader';
import { openDrillLab } from '../../drills/open-lab';
import { ensureStarted } from '../../drills/session';
import { findLab, notUp } from '../../lab/access';
import { Engine } from '../../engine';
import type { LabRef } from '../../lab/name';
import type { Progress } from '../../ui/progress';
import { takeDown } from '../../actions/down';
import { holderOf, Taken } from '../../lab/lock';
import { asFailure } from './runner';
import type { News, Order, Task } from './worker-protocol';

/**
 * Time in seconds to wait for another command on the lab: a killed class command ends its work
 * within that time.
 */
const PATIENCE = 120;

/** Sends a message to the parent process, if it still runs. */
const send = (news: News): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send!(news, undefined, {}, () => resolve());
    else resolve();
  });

let steps = 0;
const progress: Progress = {
  begin(title) {
    const step = ++steps;
    void send({ kind: 'begin', step, title });
    const end = (how: 'done' | 'failed' | 'drop') => (note?: string) =>
      void send({ kind: 'end', step, how, note });
    return {
      update: (detail) => void send({ kind: 'update', step, detail }),
      done: end('done'),
      failed: end('failed'),
      drop: end('drop'),
    };
  },
  // The parent installs the programs, the only work with a summary.
  summarize: () => undefined,
  say: (line) => void send({ kind: 'say', line }),
  close: () => undefined,
};

/**
 * Does `work`, which takes the lab's lock, as soon as the lock is free. Throws Taken after PATIENCE
 * seconds.
 */
async function patiently<T>(lab: LabRef, work: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE * 1000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Taken) || Date.now() > end) throw error;
      const step = progress.begin(`Waiting for ${(await holderOf(lab)) ?? 'another command'}`);
      await poll(async () => !(await holderOf(lab)), { limit: end - Date.now() });
      step.drop();
    }
  }
}

async function run(task: Task): Promise<unknown> {
  const { lab } = task;
  switch (task.kind) {
    case 'up': {
      const engine = await Engine.open(task.toolchain);
      await patiently(lab, () => bringUp(engine, lab, task.settings, task.toolchain, progress));
      return undefined;
    }
    case 'verify': {
      const up = await findLab(await Engine.open(task.toolchain), lab);
      if (!up) throw notUp(lab);
      return check(up, task.toolchain.kubectl, [], progress);
    }
    case 'drill': {
      const { toolchain } = task;
      const open = await openDrillLab(lab, { toolchain, progress, show: () => undefined });
      await patiently(lab, () => ensureStarted(open, findDrill(task.drill)));
      return undefined;
    }
    case 'down':
      return patiently(lab, () => takeDown(lab, progress));
  }
}

// Stops like a single command after Ctrl-C.
const stop = (): boolean => process.kill(process.pid, 'SIGTERM');
process.on('disconnect', stop);

process.once('message', (task: Task) => {
  process.on('message', (order: Order) => order === 'stop' && stop());
  void run(task)
    .then(
      (value) => send({ kind: 'result', value }),
      (error) => {
        const { message, exitCode, cure } = asFailure(error);
        return send({ kind: 'failure', message, exitCode, cure });
      },
    )
    .then(() => process.exit(0));
});
