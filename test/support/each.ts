/**
 * Calls `check` for each element. Throws an Error for an empty list, so that a test with
 * assertions in `check` only cannot pass without any.
 */
export function each<T>(list: readonly T[], check: (element: T) => void): void {
  if (list.length === 0) throw new Error('the list is empty: nothing was checked');
  list.forEach((element) => check(element));
}
