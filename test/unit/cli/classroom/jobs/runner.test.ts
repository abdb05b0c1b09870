import {
  type Board,
  type Job,
  type Outcome,
  runJobs,
  type Work,
} from '../../../../../cli/classroom/jobs/runner';
import { Interrupted, unable } from '../../../../../cli/errors';
import { quietProgress } from '../../../../../cli/ui/progress';

/** Jobs that end when the test says so, and what happened to them, in order. */
class Fakes {
  readonly log: string[] = [];
  readonly board: Board = {
    begin: () => quietProgress,
    end: ({ id, state }) => void this.log.push(`${id} ${state}`),
    say: () => void this.log.push('said'),
  };
  private readonly ends = new Map<
    string,
    { resolve(value: string): void; reject(error: Error): void }
  >();
  most = 0;

  job(id: string): Job<string> {
    return {
      id,
      begin: () => {
        this.log.push(`${id} begun`);
        const result = new Promise<string>((resolve, reject) =>
          this.ends.set(id, { resolve, reject }),
        ).finally(() => this.ends.delete(id));
        this.most = Math.max(this.most, this.ends.size);
        return {
          result,
          stop: () => void this.log.push(`${id} asked to stop`),
          drop: () => this.fail(id, new Interrupted('dropped')),
        } satisfies Work<string>;
      },
    };
  }

  get running(): string[] {
    return [...this.ends.keys()];
  }

  end = (id: string): void => this.ends.get(id)!.resolve(`of ${id}`);
  fail = (id: string, error: Error): void => this.ends.get(id)!.reject(error);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const states = (outcomes: Outcome<unknown>[]): string[] =>
  outcomes.map(({ id, state }) => `${id} ${state}`);
const IDS = ['a', 'b', 'c', 'd', 'e'];

let fakes: Fakes;
beforeEach(() => (fakes = new Fakes()));

test.each([1, 2, 4, 9])(
  'the runner starts all jobs in order, and at most %i at a time',
  async (parallel) => {
    const all = runJobs(
      IDS.map((id) => fakes.job(id)),
      parallel,
      fakes.board,
    );
    await turn();
    while (fakes.running.length > 0) {
      fakes.end(fakes.running[0]);
      await turn();
    }
    expect(await all).toEqual(
      IDS.map((id) => ({ id, state: 'done', value: `of ${id}`, seconds: expect.any(Number) })),
    );
    expect(fakes.most).toBe(Math.min(parallel, IDS.length));
    expect(fakes.log.filter((line) => line.endsWith('begun'))).toEqual(
      IDS.map((id) => `${id} begun`),
    );
  },
);

test('a job that fails, can not begin or throws a TypeError stops no other job', async () => {
  const broken: Job<string> = {
    id: 'b',
    begin: () => {
      throw new Error('no process');
    },
  };
  const all = runJobs([fakes.job('a'), broken, fakes.job('c'), fakes.job('d')], 1, fakes.board);
  await turn();
  fakes.fail('a', unable('the quota is full', 'ask for more'));
  await turn();
  fakes.end('c');
  await turn();
  fakes.fail('d', new TypeError('x is not a function'));
  const outcomes = await all;
  expect(states(outcomes)).toEqual(['a failed', 'b failed', 'c done', 'd failed']);
  expect(outcomes[0]).toMatchObject({
    failure: { message: 'the quota is full', cure: 'ask for more', exitCode: 3 },
  });
  expect(outcomes[1]).toMatchObject({ failure: { message: 'no process', exitCode: 3 } });
  expect(outcomes[3]).toMatchObject({ failure: { message: 'x is not a function' } });
});

test('after Ctrl-C the runner begins no job, asks running jobs to stop and waits for them', async () => {
  const all = runJobs(
    IDS.map((id) => fakes.job(id)),
    2,
    fakes.board,
  );
  await turn();
  process.emit('SIGINT');
  await turn();
  expect(fakes.log).toEqual(['a begun', 'b begun', 'said', 'a asked to stop', 'b asked to stop']);
  fakes.end('a');
  fakes.fail('b', new Interrupted('as far as it came'));
  expect(states(await all)).toEqual(['a done', 'b stopped', 'c waiting', 'd waiting', 'e waiting']);
  expect(process.listenerCount('SIGINT')).toBe(0);
});

test('the second Ctrl-C drops the running jobs', async () => {
  const all = runJobs(
    IDS.map((id) => fakes.job(id)),
    2,
    fakes.board,
  );
  await turn();
  process.emit('SIGINT');
  // Some send one signal twice: that is no second Ctrl-C.
  process.emit('SIGINT');
  await turn();
  expect(fakes.running).toEqual(['a', 'b']);
  const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 1000);
  process.emit('SIGINT');
  now.mockRestore();
  expect(states(await all)).toEqual([
    'a stopped',
    'b stopped',
    'c waiting',
    'd waiting',
    'e waiting',
  ]);
});

test('the next run after an interruption does the remaining jobs', async () => {
  const done = new Set<string>();
  const run = async (): Promise<Outcome<void>[]> =>
    runJobs(
      IDS.map((id): Job<void> => ({
        id,
        begin: () => {
          // The second lab of each run is interrupted.
          if (!done.has(id) && done.size % 3 === 1 && !done.has('interrupted')) {
            done.add('interrupted');
            process.emit('SIGINT');
            return {
              result: Promise.reject(new Interrupted()),
              stop: () => undefined,
              drop: () => undefined,
            };
          }
          done.add(id);
          return { result: Promise.resolve(), stop: () => undefined, drop: () => undefined };
        },
      })),
      1,
      fakes.board,
    );
  expect(states(await run())).toEqual([
    'a done',
    'b stopped',
    'c waiting',
    'd waiting',
    'e waiting',
  ]);
  expect(states(await run())).toEqual(IDS.map((id) => `${id} done`));
});
