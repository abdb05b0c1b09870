import { type ChildProcess, fork } from 'node:child_process';
import * as path from 'node:path';
import { textIf } from '../../../util/optional';
import { root } from '../../../util/repo-root';
import { EXIT, Failure, Interrupted, unable } from '../../errors';
import type { Progress, Step } from '../../ui/progress';
import { holdLabLock } from '../../lab/lock';
import type { Job } from './runner';
import type { News, Order, Task } from './worker-protocol';

/** Shows a worker's messages as steps of its student. */
function shownOn(progress: Progress): (news: News) => void {
  const steps = new Map<number, Step>();
  return (news) => {
    if (news.kind === 'begin') steps.set(news.step, progress.begin(news.title));
    else if (news.kind === 'update') steps.get(news.step)?.update(news.detail);
    else if (news.kind === 'end') steps.get(news.step)?.[news.how](news.note);
    else if (news.kind === 'say') progress.say(news.line);
  };
}

function asError({ message, exitCode, cure }: News & { kind: 'failure' }): Failure {
  if (exitCode === EXIT.interrupted) return new Interrupted(message, cure);
  return new Failure(message, exitCode, cure);
}

/** Length of the error output that a message quotes. */
const LAST_WORDS = 2000;

/**
 * Returns the worker's result after its process ended. Rejects if the process died without a
 * result.
 */
function resultOf<T>(
  child: ChildProcess,
  progress: Progress,
  isStopped: () => boolean,
): Promise<T> {
  let ended: News | undefined;
  let words = '';
  const show = shownOn(progress);
  child.on('message', (news: News) => {
    if (news.kind === 'result' || news.kind === 'failure') ended = news;
    else show(news);
  });
  child.stderr?.on('data', (text) => (words = `${words}${String(text)}`.slice(-LAST_WORDS)));
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(unable(`The lab's process could not be started: ${error.message}`)),
    );
    child.once('close', (code, signal) => {
      if (ended?.kind === 'result') resolve(ended.value as T);
      else if (ended?.kind === 'failure') reject(asError(ended));
      else if (isStopped()) reject(new Interrupted('Interrupted before any change, or aborted.'));
      else
        reject(
          unable(
            `The lab's process died (${signal ?? `exit code ${code}`})${textIf(words.trim(), `: ${words.trim()}`)}.`,
            'the same command again',
          ),
        );
    });
  });
}

/** Returns a job that runs in its own process. */
export function childJob<T>(id: string, task: Task): Job<T> {
  return {
    id,
    begin(progress) {
      // Detached, so that Ctrl-C on the terminal reaches this command only, which stops the worker.
      const child = fork(path.join(root, 'bin/run.cjs'), ['cli/classroom/jobs/worker-main.ts'], {
        detached: true,
        serialization: 'advanced',
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      let stopped = false;
      const result = resultOf<T>(child, progress, () => stopped).finally(async () => {
        if (stopped) await endRemains(task);
      });
      child.send(task, () => undefined);
      const stop = (): void => {
        stopped = true;
        if (child.connected) child.send('stop' satisfies Order, () => undefined);
      };
      return { result, stop, drop: () => void (stop(), child.kill('SIGKILL')) };
    },
  };
}

/** Ends the processes of a killed worker. */
const endRemains = ({ lab }: Task): Promise<void> =>
  holdLabLock(lab, 'class', async () => undefined).catch(() => undefined);
