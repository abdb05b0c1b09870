import { Failure, Interrupted, unable } from '../../errors';
import { diskFull } from '../../full-disk';
import type { Progress } from '../../ui/progress';
import { since } from '../../ui/duration';
import { interruptible } from '../../ui/signals';
import { messageOf } from '../../../util/error-message';
import { mapConcurrent } from './map-concurrent';

/** Running work on one student's lab. */
export interface Work<T> {
  /** Rejects with Interrupted if the work was stopped. */
  result: Promise<T>;
  /** Asks the work to end in order. */
  stop(): void;
  /** Kills the work. */
  drop(): void;
}

/** Work on one student's lab that has not begun. */
export interface Job<T> {
  /** Id of the student. */
  id: string;
  begin(progress: Progress): Work<T>;
}

/** Result of a job. */
export type Outcome<T> =
  | { id: string; state: 'done'; seconds: number; value: T }
  | { id: string; state: 'failed' | 'stopped'; seconds: number; failure: Failure }
  /** Not begun: the run was stopped first. */
  | { id: string; state: 'waiting' };

/** Receives the progress of jobs. */
export interface Board {
  begin(id: string): Progress;
  end(outcome: Outcome<unknown>): void;
  say(line: string): void;
}

/** Converts an error to a Failure. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = messageOf(error);
  return diskFull(message) ?? unable(message);
}

/**
 * Runs jobs in order, at most `parallel` at a time. A failed job does not stop the others. At the
 * first Ctrl-C (SIGTERM, SIGHUP), no job begins any more and running jobs are asked to stop; at the
 * second, running jobs are killed. Returns an outcome for each job when none is running.
 */
export async function runJobs<T>(
  jobs: Job<T>[],
  parallel: number,
  board: Board,
): Promise<Outcome<T>[]> {
  const running = new Set<Work<T>>();
  let stopping = false;

  const run = async ({ id, begin }: Job<T>): Promise<Outcome<T>> => {
    const started = Date.now();
    let work: Work<T> | undefined;
    try {
      work = begin(board.begin(id));
      running.add(work);
      return { id, state: 'done', value: await work.result, seconds: since(started) };
    } catch (error) {
      const ended = { id, failure: asFailure(error), seconds: since(started) };
      if (error instanceof Interrupted) return { ...ended, state: 'stopped' };
      return { ...ended, state: 'failed' };
    } finally {
      if (work) running.delete(work);
    }
  };
  const atItsTurn = async (job: Job<T>): Promise<Outcome<T>> => {
    if (stopping) return { id: job.id, state: 'waiting' };
    const outcome = await run(job);
    board.end(outcome);
    return outcome;
  };
  const stop = (): void => {
    stopping = true;
    board.say('Stopping: no other lab begins, and running labs finish. Ctrl-C again aborts them.');
    for (const work of running) work.stop();
  };
  const drop = (): void => running.forEach((work) => work.drop());

  return interruptible(() => mapConcurrent(jobs, parallel, atItsTurn), stop, { onAgain: drop });
}
