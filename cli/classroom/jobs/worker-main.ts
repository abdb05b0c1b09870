/**
 * Does one task to one lab, in a process of its own: what a command changes in its process (environment, signals, umask)
 * then can't meet another lab's, and one that dies takes no other with it. It runs what the single commands run, tells of
 * it over the channel to the command that started it, and stops in order when it is told to or that command is gone.
 */
import { poll } from '../../../util/poll';
import { bringUp } from '../../actions/up';
import { check } from '../../actions/verify';
import { findLab, notUp } from '../../lab/access';
import { Engine } from '../../engine';
import type { Lab } from '../../lab/name';
import type { Progress } from '../../ui/progress';
import { takeDown } from '../../actions/down';
import { holderOf, Taken } from '../../lab/lock';
import { asFailure } from './runner';
import type { News, Order, Task } from './worker-protocol';

/** How long a lab may be another command's, in seconds: that of a class which was killed ends what was under way. */
const PATIENCE = 120;

/** Tells the command, if it is still there. */
const tell = (news: News): Promise<void> =>
  new Promise((resolve) =>
    process.connected ? process.send!(news, undefined, {}, () => resolve()) : resolve(),
  );

let steps = 0;
const progress: Progress = {
  begin(title) {
    const step = ++steps;
    void tell({ kind: 'begin', step, title });
    const end = (how: 'done' | 'failed' | 'drop') => (note?: string) =>
      void tell({ kind: 'end', step, how, note });
    return {
      update: (detail) => void tell({ kind: 'update', step, detail }),
      done: end('done'),
      failed: end('failed'),
      drop: end('drop'),
    };
  },
  say: (line) => void tell({ kind: 'say', line }),
  close: () => undefined,
};

/** Does `work`, which takes the lab's turn, once no other command has it. Throws Taken where one has it for longer than that. */
async function patiently<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE * 1000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Taken) || Date.now() > end) throw error;
      const step = progress.begin(`Waiting for ${(await holderOf(lab)) ?? 'its turn'}`);
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
    case 'down':
      return patiently(lab, () => takeDown(lab, progress));
  }
}

// As Ctrl-C of a single command: what can end in order does, and else nothing is under way that has to.
const stop = (): boolean => process.kill(process.pid, 'SIGTERM');
process.on('disconnect', stop);

process.once('message', (task: Task) => {
  process.on('message', (order: Order) => order === 'stop' && stop());
  void run(task)
    .then(
      (value) => tell({ kind: 'result', value }),
      (error) => {
        const { message, exitCode, cure } = asFailure(error);
        return tell({ kind: 'failure', message, exitCode, cure });
      },
    )
    .then(() => process.exit(0));
});
