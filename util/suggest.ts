/** Returns the Levenshtein distance: the number of letters to change, insert or delete. */
export function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const exchange = previous[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(exchange, previous[column] + 1, current[column - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}

/**
 * Returns the most similar word, or `undefined` if none is similar enough: at most `limit` letters
 * differ. The default limit is a third of the word's length, at least 2.
 */
export function nearestOf(
  word: string,
  words: readonly string[],
  limit?: number,
): string | undefined {
  const ranked = words
    .map((candidate) => ({
      candidate,
      steps: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((a, b) => a.steps - b.steps);
  const best = ranked[0];
  if (best && best.steps <= (limit ?? Math.max(2, Math.floor(best.candidate.length / 3))))
    return best.candidate;
  return undefined;
}

/** Returns ` (did you mean "workers"?)` for the most similar word; '' if no word is similar. */
export function nearest(word: string, words: readonly string[]): string {
  const suggestion = nearestOf(word, words);
  if (suggestion === undefined) return '';
  return ` (did you mean "${suggestion}"?)`;
}
