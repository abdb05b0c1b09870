import { diskMistake } from '../../../rehearsal/disk';

describe('the disk of a rehearsal', () => {
  test('suffices with 4 GB above the share at which kubelet evicts pods', () => {
    expect(diskMistake({ size: 100e9, free: 19e9 })).toBeUndefined();
    expect(diskMistake({ size: 100e9, free: 18.9e9 })).toMatch(/^The disk has 18\.9 GB free/);
  });

  test('is named with the missing space once pods are evicted', () => {
    expect(diskMistake({ size: 252e9, free: 34e9 }, 0)).toBe(
      'The disk has 34.0 GB free (13.5 %), and kubelet evicts pods below 15 %.\nFree 3.8 GB more.',
    );
    expect(diskMistake({ size: 252e9, free: 38e9 }, 0)).toBeUndefined();
  });
});
