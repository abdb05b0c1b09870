import * as crypto from 'node:crypto';
import * as net from 'node:net';
import { text } from 'node:stream/consumers';
import { hostDirectory, stateDirectory } from '../../util/directories';
import { endAll, processesWith } from '../../provider/local/shared/daemon';
import { Locked, unable } from '../errors';
import type { Lab } from './name';
import { refuseForeign } from './ownership';

/**
 * One command at a time changes a lab. The engine has a lock of its own, but a command is more than one run of it. Here
 * the lock is a socket of the kernel's abstract namespace: one process can have it, there is no file to be left behind,
 * and it is free again the moment that process ends, however it ends. Who connects is told who has it.
 */
function nameOf({ cloud, stack }: Lab): string {
  // Several states may name the same lab, but a host has only one of that name.
  const scope = cloud === 'local' ? hostDirectory() : stateDirectory();
  return `hardway/${crypto.createHash('sha256').update(scope).digest('hex').slice(0, 16)}/${stack}`;
}

/** How long the holder may take to say who it is, in milliseconds: it may be busy. */
const PATIENCE = 2000;

/** Who works on a lab just now, in words; undefined where nobody does. */
export async function holderOf(lab: Lab): Promise<string | undefined> {
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

/** In the environment of all that a command starts while it has its turn; what a lab lastingly runs has another. */
const MARK = 'HARDWAY_TURN';

/**
 * Ends what a turn left running: the engine of a ./lab that was killed, or what a killed engine had started (its language
 * host would look for it only after minutes). Nobody waits for any of it.
 */
async function endRemains(mark: string): Promise<void> {
  if (!(await endAll(() => processesWith(mark), { limit: 10_000 })))
    throw unable(
      `Processes ${processesWith(mark).join(', ')} of a command that was killed can't be ended.`,
      'end them, then the same command again',
    );
}

/** Another command of this machine is at work on the lab, and nothing was done. */
export class Taken extends Locked {}

/** Does `work`, `what` in words (`up`), while no other command changes the lab. Throws Taken where one does already. */
export async function holdTurn<T>(lab: Lab, what: string, work: () => Promise<T>): Promise<T> {
  const name = nameOf(lab);
  const socket = `\0${name}`;
  const since = new Date().toTimeString().slice(0, 8);
  const server = await take(socket, `./lab ${what}, process ${process.pid}, since ${since}`);
  if (!server)
    throw new Taken(
      `Lab ${lab.stack} is being worked on by ${(await holderOf(lab)) ?? 'another ./lab'}.`,
      'wait until that ends, then the same command again',
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

/** Holds the turn of a lab that belongs to this state. Throws a Failure, before any change, if the lab is another state's. */
export const inTurn = <T>(lab: Lab, what: string, work: () => Promise<T>): Promise<T> =>
  holdTurn(lab, what, async () => {
    refuseForeign(lab);
    return work();
  });
