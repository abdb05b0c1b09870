import { idleShare, quiet } from '../../../bench/quiet';

describe('quiet', () => {
  /** Times of two processors that are busy during the first `looks` looks. */
  function host(looks: number): { times(): { idle: number; all: number }; asked(): number } {
    let asked = 0;
    let idle = 0;
    return {
      times: () => {
        const isBusy = Math.floor(asked / 2) < looks;
        if (asked % 2 === 1 && !isBusy) idle += 100;
        asked++;
        return { idle, all: asked * 100 };
      },
      asked: () => asked,
    };
  }

  test('waits until nine tenths of the processors are idle', async () => {
    const { times, asked } = host(3);
    await quiet({ times, look: 1 });
    expect(asked()).toBe(8);
  });

  test('waits no longer than its limit', async () => {
    const { times, asked } = host(Infinity);
    await quiet({ times, look: 20, limit: 50 });
    expect(asked()).toBeLessThanOrEqual(6);
  });
});

test('the idle share is a part of the time between two looks', () => {
  expect(idleShare({ idle: 10, all: 100 }, { idle: 60, all: 200 })).toBe(0.5);
  expect(idleShare({ idle: 0, all: 0 }, { idle: 0, all: 0 })).toBe(0);
});
