import { deadline, timeAfter } from '../../../provider/time';

const NOW = new Date('2026-11-30T22:30:45Z');

test.each([
  ['90m', '2026-12-01T00:00Z'],
  ['8h', '2026-12-01T06:30Z'],
  ['2d', '2026-12-02T22:30Z'],
  ['2026-12-24T18:00Z', '2026-12-24T18:00Z'],
])('%s from then is %s', (after, time) => {
  expect(timeAfter(after, NOW)).toBe(time);
});

describe('a deadline', () => {
  const check = async (after: string, olds?: { after: string; time: string }): Promise<string> =>
    (await deadline.check!({ after }, olds, new Set())).inputs.time;

  test('is fixed once, and changes only with its inputs', async () => {
    const olds = { after: '8h', time: '2020-01-01T08:00Z' };
    expect(await check('8h', olds)).toBe(olds.time);
    expect(Date.parse(await check('9h', olds)) - Date.now()).toBeGreaterThan(8.9 * 3600_000);
    expect(Date.parse(await check('8h')) - Date.now()).toBeGreaterThan(7.9 * 3600_000);
  });

  test('exists only in the state', async () => {
    const inputs = { after: '8h', time: '2026-12-01T06:30Z' };
    expect(await deadline.create(inputs)).toEqual({ id: inputs.time, state: inputs });
    expect(await deadline.update!('id', inputs, { ...inputs, after: '9h' })).toEqual({
      ...inputs,
      after: '9h',
    });
  });
});
