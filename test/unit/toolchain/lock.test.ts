import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { withLock, type Owner } from '../../../toolchain/lock';
import { NotStarted, semaphore } from '../../../util/semaphore';

let directory: string;
let lock: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'toolchain-lock-'));
  lock = path.join(directory, 'lock');
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const never = (): never => {
  throw new Error('no process should be waited for');
};

/** A promise and what fulfils it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Puts a lock in place as another command would have left it. */
function leaveLock(change: Partial<Owner>): void {
  const stat = fs.readFileSync(`/proc/${process.pid}/stat`, 'utf8');
  const owner: Owner = {
    id: 'left',
    host: os.hostname(),
    pid: process.pid,
    doing: 'building',
    started: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19],
    boot: fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    ...change,
  };
  fs.mkdirSync(lock);
  fs.writeFileSync(path.join(lock, 'owner.json'), JSON.stringify(owner));
}

test('withLock lets one process work at a time, and reports the holder to the other once', async () => {
  const [first, done] = [gate(), [] as string[]];
  const waitedFor: Owner[] = [];
  const holding = withLock(lock, 'building etcd', never, async () => {
    await first.opened;
    done.push('first');
  });
  const waiting = withLock(
    lock,
    'looking',
    (owner) => waitedFor.push(owner),
    async () => done.push('second'),
  );
  while (waitedFor.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(done).toEqual([]);
  first.open();
  await Promise.all([holding, waiting]);
  expect(done).toEqual(['first', 'second']);
  expect(waitedFor).toHaveLength(1);
  expect(waitedFor[0]).toMatchObject({
    pid: process.pid,
    host: os.hostname(),
    doing: 'building etcd',
  });
});

test('ten simultaneous processes never overlap, and leave no files', async () => {
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 10 }, () =>
      withLock(
        lock,
        'x',
        () => undefined,
        async () => {
          inside += 1;
          most = Math.max(most, inside);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside -= 1;
        },
      ),
    ),
  );
  expect(most).toBe(1);
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('the lock is released after a failure', async () => {
  await expect(
    withLock(lock, 'x', never, () => Promise.reject(new Error('failed'))),
  ).rejects.toThrow('failed');
  await expect(withLock(lock, 'x', never, async () => 'in')).resolves.toBe('in');
});

test('the lock of an ended process is taken over', async () => {
  leaveLock({ pid: spawnSync('true').pid });
  await expect(withLock(lock, 'x', never, async () => 'in')).resolves.toBe('in');
});

test('the lock of a process with a reused id is taken over', async () => {
  leaveLock({ started: '1' });
  await expect(withLock(lock, 'x', never, async () => 'in')).resolves.toBe('in');
});

test('a lock from before a reboot is taken over', async () => {
  leaveLock({ boot: 'another' });
  await expect(withLock(lock, 'x', never, async () => 'in')).resolves.toBe('in');
});

test('many processes that detect the same dead owner never overlap', async () => {
  leaveLock({ pid: spawnSync('true').pid });
  let inside = 0;
  await Promise.all(
    Array.from({ length: 5 }, () =>
      withLock(
        lock,
        'x',
        () => undefined,
        async () => {
          inside += 1;
          expect(inside).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside -= 1;
        },
      ),
    ),
  );
});

test.each([
  ['of another host', { host: 'elsewhere', pid: 1 }],
  ['of a living process', {}],
])('the lock %s is waited for', async (_, owner) => {
  leaveLock(owner);
  const waited = gate();
  let entered = false;
  const waiting = withLock(lock, 'x', waited.open, async () => (entered = true));
  await waited.opened;
  expect(entered).toBe(false);
  fs.rmSync(lock, { recursive: true });
  await waiting;
  expect(entered).toBe(true);
});

test('semaphore runs at most the given number of tasks at a time, in order of arrival', async () => {
  const take = semaphore(2);
  const begun: number[] = [];
  let running = 0;
  await Promise.all(
    [1, 2, 3, 4, 5].map((number) =>
      take(async () => {
        begun.push(number);
        running += 1;
        expect(running).toBeLessThanOrEqual(2);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
      }),
    ),
  );
  expect(begun).toEqual([1, 2, 3, 4, 5]);
});

test('semaphore that continues starts the others after a failure, too', async () => {
  const take = semaphore(1, { continues: true });
  const failing = take(() => Promise.reject(new Error('failed')));
  const waiting = take(async () => 'begun');
  await expect(failing).rejects.toThrow('failed');
  await expect(waiting).resolves.toBe('begun');
});

test('semaphore gives a slot that is released early to one other task', async () => {
  const take = semaphore(1);
  const first = gate();
  const begun: string[] = [];
  const linking = take(async (release) => {
    release();
    release();
    await first.opened;
    begun.push('first ends');
  });
  const second = gate();
  const compiling = take(async () => {
    begun.push('second');
    await second.opened;
  });
  const last = take(async () => begun.push('third'));
  await new Promise(setImmediate);
  expect(begun).toEqual(['second']);
  first.open();
  await linking;
  expect(begun).toEqual(['second', 'first ends']);
  second.open();
  await Promise.all([compiling, last]);
  expect(begun).toEqual(['second', 'first ends', 'third']);
});

test('semaphore finishes running tasks after a failure, and starts no others', async () => {
  const take = semaphore(2);
  const slow = gate();
  const underWay = take(() => slow.opened.then(() => 'kept'));
  const failing = take(() => Promise.reject(new Error('failed')));
  const waiting = take(async () => 'begun');
  await expect(failing).rejects.toThrow('failed');
  await expect(waiting).rejects.toBeInstanceOf(NotStarted);
  slow.open();
  await expect(underWay).resolves.toBe('kept');
});
