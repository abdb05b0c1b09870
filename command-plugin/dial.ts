import { setTimeout as wait } from 'node:timers/promises';
import type { Call } from '../provider/protocol/resource-kind';
import type { Connection } from './connection';
import { enterMaster, type Master } from './ssh-master';

/** Milliseconds before the second dial. Each wait is 1.5 times the previous one. */
const FIRST_WAIT = 100;

/**
 * Longest wait in milliseconds. Short while a node boots (no limit of dials); otherwise as the
 * official plugin waits: 11 s for ten dials.
 */
const LONGEST_WAIT = { forever: 300, counted: 5000 };

const DEFAULT_LIMIT = 10;

/** All attempts to connect failed. Connections through this host need not be tried again. */
class GivenUp extends Error {}

const nameOf = ({ user, host, port }: Connection): string =>
  `${user ?? 'root'}@${host}:${port ?? 22}`;

/**
 * Connects with retries, as dialErrorLimit allows. Throws GivenUp. A GivenUp of the proxy is passed
 * on at once.
 */
async function connectWithRetries(
  connection: Connection,
  where: string,
  enter: () => Promise<Master>,
  call: Call | undefined,
): Promise<Master> {
  const limit = connection.dialErrorLimit ?? DEFAULT_LIMIT;
  let bounds = { longest: LONGEST_WAIT.counted, attempts: String(limit) };
  if (limit === -1) bounds = { longest: LONGEST_WAIT.forever, attempts: 'no limit' };
  const { longest, attempts } = bounds;
  let pause = FIRST_WAIT;
  for (let failed = 1; ; failed++) {
    let reason: string;
    try {
      return await enter();
    } catch (error) {
      if (error instanceof GivenUp) throw error;
      reason = (error as Error).message;
    }
    if (limit !== -1 && failed > limit)
      throw new GivenUp(`${where} can't be reached, after ${failed} attempts: ${reason}`);
    call?.status(`dial ${failed}/${attempts} of ${where} failed, trying again: ${reason}`);
    try {
      await wait(pause, undefined, { signal: call?.signal });
    } catch {
      throw new GivenUp(
        `${where} can't be reached, stopped after ${failed} attempts (interrupted, or custom timeout exceeded): ${reason}`,
      );
    }
    pause = Math.min(pause * 1.5, longest);
  }
}

/**
 * Returns a connection with a reserved session for one command. Retries as often as dialErrorLimit
 * says. Every failure may be temporary, even a wrong host key: a cloud instance may not have its
 * key yet at first boot. A proxy is dialled first, with its own limit; if that fails, nothing else
 * is tried.
 */
export async function dial(connection: Connection, call: Call | undefined): Promise<Master> {
  const { proxy } = connection;
  const connectToProxy =
    proxy &&
    (() => connectWithRetries(proxy, `the proxy ${nameOf(proxy)}`, () => enterMaster(proxy), call));
  return connectWithRetries(
    connection,
    nameOf(connection),
    () => enterMaster(connection, connectToProxy),
    call,
  );
}
