/**
 * Returns the latest of some times, all ISO 8601 in UTC; `undefined` if all are missing.
 * @example
 * latest(undefined, '2026-11-27T12:00:00.000Z')
 */
export const latest = (...times: (string | undefined)[]): string | undefined =>
  times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
