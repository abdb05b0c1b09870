import { poll } from '../../../util/poll';

describe('poll', () => {
  test('returns the first truthy value without further calls', async () => {
    const results = [undefined, '', 'ready', 'late'];
    const condition = jest.fn(() => results.shift());
    expect(await poll(condition, { limit: 5000, interval: 1 })).toBe('ready');
    expect(condition).toHaveBeenCalledTimes(3);
  });

  test('returns the last falsy value after the limit', async () => {
    const started = performance.now();
    expect(await poll(async () => false, { limit: 40, interval: 5 })).toBe(false);
    expect(performance.now() - started).toBeGreaterThanOrEqual(40);
  });

  test('returns the first result that satisfies the condition', async () => {
    const results = [1, 2, 3, 4];
    const attempt = jest.fn(() => results.shift()!);
    const satisfies = (result: number): boolean => result === 3;
    expect(await poll(attempt, { limit: 5000, interval: 1, satisfies })).toBe(3);
    expect(attempt).toHaveBeenCalledTimes(3);
  });

  test('returns the last result if none satisfies the condition within the limit', async () => {
    const satisfies = (): boolean => false;
    expect(await poll(() => 'pending', { limit: 20, interval: 5, satisfies })).toBe('pending');
  });

  test('tries once with a limit of 0', async () => {
    const condition = jest.fn(() => true);
    expect(await poll(condition, { limit: 0 })).toBe(true);
    expect(condition).toHaveBeenCalledTimes(1);
  });

  test('passes on errors of the condition', async () => {
    const condition = (): boolean => {
      throw new Error('broken');
    };
    await expect(poll(condition, { limit: 5000 })).rejects.toThrow('broken');
  });
});
