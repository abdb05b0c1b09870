import { setTimeout as wait } from 'node:timers/promises';
import type { Call } from '../provider/protocol/resource-kind';
import type { Connection } from './connection';
import { enterMaster, type Master } from './ssh-master';

/** The first wait between dials, in milliseconds; each is half as long again as the one before. */
const FIRST_WAIT = 100;

/** The longest wait: short where we wait for a machine to come up, else as patient as the real plugin (11 s for ten). */
const LONGEST_WAIT = { forever: 300, counted: 5000 };

const DEFAULT_LIMIT = 10;

/** All attempts failed: whoever waits for this connection by way of it need not try again. */
class GivenUp extends Error {}

const nameOf = ({ user, host, port }: Connection): string =>
  `${user ?? 'root'}@${host}:${port ?? 22}`;

/** Tries as often as dialErrorLimit says. Throws GivenUp; a failure of that kind is passed on at once. */
async function patiently(
  connection: Connection,
  where: string,
  enter: () => Promise<Master>,
  call: Call | undefined,
): Promise<Master> {
  const limit = connection.dialErrorLimit ?? DEFAULT_LIMIT;
  const longest = limit === -1 ? LONGEST_WAIT.forever : LONGEST_WAIT.counted;
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
    call?.status(
      `dial ${failed}/${limit === -1 ? 'no limit' : limit} of ${where} failed, trying again: ${reason}`,
    );
    try {
      await wait(pause, undefined, { signal: call?.signal });
    } catch {
      throw new GivenUp(
        `${where} can't be reached, given up after ${failed} attempts (interrupted, or the custom timeout is over): ${reason}`,
      );
    }
    pause = Math.min(pause * 1.5, longest);
  }
}

/**
 * A connection, entered, for one command. Dials again as often as dialErrorLimit says: any failure may pass, a wrong
 * host key too, as on a cloud machine whose first start has not put the right one in place. A proxy is dialled before, with
 * a limit of its own, and without it nothing else is tried.
 */
export async function dial(connection: Connection, call: Call | undefined): Promise<Master> {
  const { proxy } = connection;
  const way =
    proxy && (() => patiently(proxy, `the proxy ${nameOf(proxy)}`, () => enterMaster(proxy), call));
  return patiently(connection, nameOf(connection), () => enterMaster(connection, way), call);
}
