import { ProgressLine, roughly } from '../../../../cli/ui/progress-line';

test.each([
  [59, 'less than a minute'],
  [60, 'about 1 min'],
  [80, 'about 1 min 30 s'],
  [149, 'about 2 min 30 s'],
  [200, 'about 3 min'],
  [644, 'about 11 min'],
])('%d seconds are shown as "%s"', (seconds, text) => {
  expect(roughly(seconds)).toBe(text);
});

describe('the line of progress', () => {
  /** Returns the lines of these states, one after another. */
  const lines = (...states: [percent: number, seconds: number][]): string[] => {
    const line = new ProgressLine();
    return states.map(([percent, seconds]) => line.text({ percent, seconds }));
  };

  test('shows percentage and time', () => {
    expect(lines([42, 420])).toEqual(['42 % done, about 7 min left']);
  });

  test('does not jump between two values when the estimate is at their border', () => {
    const shown = lines([42, 331], [42, 329], [42, 331], [42, 359], [43, 325]);
    expect(shown.map((one) => one.split(', ')[1])).toEqual([
      'about 6 min left',
      ...Array<string>(4).fill('about 5 min left'),
    ]);
  });

  test('rises if the estimate exceeds the shown time by a step', () => {
    expect(lines([10, 300], [10, 361])[1]).toContain('about 6 min left');
    expect(lines([90, 50], [90, 85], [90, 91]).map((one) => one.split(', ')[1])).toEqual([
      'less than a minute left',
      'less than a minute left',
      'about 1 min 30 s left',
    ]);
  });

  test('never shows a smaller percentage than before', () => {
    expect(lines([42, 420], [41, 420])[1]).toContain('42 % done');
  });
});
