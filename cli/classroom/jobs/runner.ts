import { Failure, Interrupted, unable } from '../../errors';
import { diskFull } from '../../full-disk';
import type { Progress } from '../../ui/progress';
import { since } from '../../ui/duration';
import { interruptible } from '../../ui/signals';
import { inLanes } from './map-concurrent';

/** Work on one student's lab that is under way. */
export interface Work<T> {
  /** Rejects with Interrupted where it was stopped. */
  result: Promise<T>;
  /** Asks it to end in order. */
  stop(): void;
  /** Ends it where it is. */
  drop(): void;
}

/** Work on one student's lab, before it is begun. */
export interface Job<T> {
  /** The student's. */
  id: string;
  begin(progress: Progress): Work<T>;
}

/** What became of a job. */
export type Outcome<T> =
  | { id: string; state: 'done'; seconds: number; value: T }
  | { id: string; state: 'failed' | 'stopped'; seconds: number; failure: Failure }
  /** Not begun: the run was stopped before its turn. */
  | { id: string; state: 'waiting' };

/** Who is told of jobs while they run. */
export interface Board {
  begin(id: string): Progress;
  end(outcome: Outcome<unknown>): void;
  say(line: string): void;
}

/** An error as a user should be told of it. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return diskFull(message) ?? unable(message);
}

/**
 * Runs jobs, at most `parallel` at a time, in their order. One that fails doesn't stop the others. At the first Ctrl-C
 * (SIGTERM, SIGHUP) none is begun any more and those under way are asked to stop; at the second they are dropped.
 * Returns when none is under way, with an outcome for each.
 */
export async function runCrew<T>(
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
      return {
        id,
        state: error instanceof Interrupted ? 'stopped' : 'failed',
        failure: asFailure(error),
        seconds: since(started),
      };
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
    board.say(
      'Stopping: no other lab is begun, and what is under way comes to its end. Once more drops it.',
    );
    for (const work of running) work.stop();
  };
  const drop = (): void => running.forEach((work) => work.drop());

  return interruptible(() => inLanes(jobs, parallel, atItsTurn), stop, { onAgain: drop });
}
