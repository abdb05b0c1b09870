import { setTimeout as wait } from 'node:timers/promises';
import type { Call } from '../provider/resource';
import type { Connection } from './connection';
import { enterMaster, type Master } from './master';

/** The first wait between dials, in milliseconds; each is half as long again as the one before. */
const FIRST_WAIT = 100;

/** The longest wait: short where we wait for a machine to come up, else as patient as the real plugin (11 s for ten). */
const LONGEST_WAIT = { forever: 300, counted: 5000 };

const DEFAULT_LIMIT = 10;

/**
 * A connection, entered, for one command. Dials again as often as dialErrorLimit says: any failure may pass, a wrong
 * host key too, as on a cloud machine whose first start has not put the right one in place.
 */
export async function dial(connection: Connection, call: Call | undefined): Promise<Master> {
  const limit = connection.dialErrorLimit ?? DEFAULT_LIMIT;
  const longest = limit === -1 ? LONGEST_WAIT.forever : LONGEST_WAIT.counted;
  const where = `${connection.user ?? 'root'}@${connection.host}:${connection.port ?? 22}`;
  let pause = FIRST_WAIT;
  for (let failed = 1; ; failed++) {
    let reason: string;
    try {
      return await enterMaster(connection);
    } catch (error) {
      reason = (error as Error).message;
    }
    if (limit !== -1 && failed > limit) throw new Error(`${where} can't be reached, after ${failed} attempts: ${reason}`);
    call?.status(`dial ${failed}/${limit === -1 ? 'no limit' : limit} of ${where} failed, trying again: ${reason}`);
    try {
      await wait(pause, undefined, { signal: call?.signal });
    } catch {
      throw new Error(`${where} can't be reached, given up after ${failed} attempts (interrupted, or the custom timeout is over): ${reason}`);
    }
    pause = Math.min(pause * 1.5, longest);
  }
}
