/**
 * Returns the form of a word that fits a count.
 * @example
 * plural(2, 'lab') // 'labs'
 * plural(1, 'is', 'are') // 'is'
 */
export function plural(count: number, one: string, many = `${one}s`): string {
  if (count === 1) return one;
  return many;
}

/**
 * Returns a count and the form of the word that fits it.
 * @example
 * counted(1, 'lab') // '1 lab'
 * counted(2, 'address', 'addresses') // '2 addresses'
 */
export const counted = (count: number, one: string, many?: string): string =>
  `${count} ${plural(count, one, many)}`;
