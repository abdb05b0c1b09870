import * as crypto from 'node:crypto';
import * as net from 'node:net';
import { text } from 'node:stream/consumers';
import { hostDirectory, stateDirectory } from '../../util/directories';
import { endAll, processesWith } from '../../provider/local';
import { Locked, unable } from '../errors';
import type { LabRef } from './name';
import { refuseForeign } from './ownership';

/**
 * Name of a lab's lock. One command at a time may change a lab. The engine's own lock covers one
 * run of the engine, and a command has several. This lock is a socket in the kernel's abstract
 * namespace: one process can bind it, and it leaves no file. The kernel frees it when that process
 * ends. A process that connects learns who holds the lock.
 */
function nameOf({ cloud, stack }: LabRef): string {
  // Several states may name the same local lab, but it exists once on the host.
  const scope = cloud === 'local' ? hostDirectory() : stateDirectory();
  return `hardway/${crypto.createHash('sha256').update(scope).digest('hex').slice(0, 16)}/${stack}`;
}

/** Time in milliseconds for the holder to answer: it may be busy. */
const PATIENCE = 2000;

/** Returns the command that holds a lab's lock; `undefined` if no command does. */
export async function holderOf(lab: LabRef): Promise<string | undefined> {
  const connection = net
    .connect(`\0${nameOf(lab)}`)
    .setTimeout(PATIENCE, () => connection.destroy());
  try {
    return (await text(connection)) || 'another ./lab';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? undefined : 'another ./lab';
  }
}

function take(socket: string, answer: string): Promise<net.Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((connection) =>
      connection.on('error', () => undefined).end(answer),
    );
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(socket, () => resolve(server.unref()));
  });
}

/**
 * Environment variable of every process that a command starts while it holds the lock. Daemons of a
 * lab do not have it.
 */
const MARK = 'HARDWAY_TURN';

/**
 * Ends processes that a killed command left: its engine, or children of that engine. The engine's
 * language host would notice after minutes only.
 */
async function endRemains(mark: string): Promise<void> {
  if (!(await endAll(() => processesWith(mark), { limit: 10_000 })))
    throw unable(
      `Processes ${processesWith(mark).join(', ')} of a killed command can't be ended.`,
      'end them, then run the same command again',
    );
}

/** Another command on the host holds the lab's lock, and nothing was done. */
export class Taken extends Locked {}

/**
 * Does `work` while no other command changes the lab. `what` names the command, such as `up`.
 * Throws Taken if another command holds the lock.
 */
export async function holdLabLock<T>(
  lab: LabRef,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = nameOf(lab);
  const socket = `\0${name}`;
  const since = new Date().toTimeString().slice(0, 8);
  const server = await take(socket, `./lab ${what}, process ${process.pid}, since ${since}`);
  if (!server)
    throw new Taken(
      `Lab ${lab.stack} is in use by ${(await holderOf(lab)) ?? 'another ./lab'}.`,
      'wait until that command ends, then run the same command again',
    );
  const mark = `${MARK}=${name}`;
  try {
    await endRemains(mark);
    process.env[MARK] = name;
    return await work();
  } finally {
    delete process.env[MARK];
    await endRemains(mark).finally(() => server.close());
  }
}

/**
 * Does `work` while no other command changes the lab, which must belong to this state. Throws a
 * Failure, before any change, if the lab belongs to another state.
 */
export const withLabLock = <T>(lab: LabRef, what: string, work: () => Promise<T>): Promise<T> =>
  holdLabLock(lab, what, async () => {
    refuseForeign(lab);
    return work();
  });
