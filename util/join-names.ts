/**
 * Joins names, or other parts of a sentence.
 * @example
 * joinNames(['worker-0']) // 'worker-0'
 * joinNames(['worker-0', 'worker-1', 'worker-2']) // 'worker-0, worker-1 and worker-2'
 */
export function joinNames(names: string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
