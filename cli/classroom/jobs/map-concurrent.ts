/** Number of states of labs that a command reads at the same time. */
export const READ_AT_ONCE = 4;

/**
 * Calls `work` for each of `all`, at most `atOnce` at a time. Returns the results in the order of
 * `all`.
 */
export async function mapConcurrent<T, R>(
  all: T[],
  atOnce: number,
  work: (one: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...all.entries()];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}
