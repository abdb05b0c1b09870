import { errorOf, readRecord, records, replay } from '../../../bench/progress/replay';

/** Returns the seconds that a line of progress shows: 30 for less than a minute. */
function shownSeconds(line: string): number {
  const time = /about (\d+) min(?: (\d+) s)? left$/.exec(line);
  if (!time) return 30;
  return 60 * Number(time[1]) + Number(time[2] ?? 0);
}

test('there is a record of builds and one of downloads', () => {
  expect(records()).toEqual(['builds', 'downloads']);
});

describe.each(records())('the line of progress, on the record of %s', (name) => {
  const record = readRecord(name);
  const moments = replay(record);
  /** The first minutes are a guess: two of a build, a third of the downloads. */
  const from = record.packages ? 120 : record.seconds / 3;
  const counted = moments.filter(({ at }) => at >= from);

  test('is right within 25 % until the last minute', () => {
    const worst = counted
      .filter(({ left }) => left >= 60)
      .sort((a, b) => Math.abs(errorOf(b)) - Math.abs(errorOf(a)))[0];
    expect(worst).toBeDefined();
    expect(Math.abs(errorOf(worst))).toBeLessThan(0.25);
  });

  test('says "less than a minute" in the last 75 seconds only, and at the end', () => {
    const last = moments.filter(({ line }) => line.includes('less than a minute'));
    expect(last[0].left).toBeLessThanOrEqual(75);
    expect(last.at(-1)).toBe(moments.at(-1));
  });

  test('does not rise after the first guess', () => {
    const shown = counted.map(({ line }) => shownSeconds(line));
    expect(shown).toEqual([...shown].sort((a, b) => b - a));
  });
});
