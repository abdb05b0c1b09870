/** How many letters have to be changed, put in or taken out to make one word of the other. */
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

/** The one of `words` that is near enough to be meant: at most `most` letters off, if that isn't given a third of the word. */
export function nearestOf(
  word: string,
  words: readonly string[],
  most?: number,
): string | undefined {
  const ranked = words
    .map((candidate) => ({
      candidate,
      steps: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((a, b) => a.steps - b.steps);
  const best = ranked[0];
  return best && best.steps <= (most ?? Math.max(2, Math.floor(best.candidate.length / 3)))
    ? best.candidate
    : undefined;
}

/** ` (did you mean "workers"?)` where one of `words` is near enough to be meant, else nothing. */
export function nearest(word: string, words: readonly string[]): string {
  const found = nearestOf(word, words);
  return found === undefined ? '' : ` (did you mean "${found}"?)`;
}
