import { poll } from '../../util/poll';

type Falsy = undefined | false | '' | 0;

/**
 * Polls until `happened` returns a truthy value, and returns that value. Throws an Error with
 * `description` after `seconds`.
 */
export async function until<T>(
  description: string,
  happened: () => T | Falsy | Promise<T | Falsy>,
  seconds = 20,
): Promise<T> {
  const value = await poll(happened, { limit: seconds * 1000 });
  if (!value) throw new Error(`did not happen in ${seconds} seconds: ${description}`);
  return value;
}
