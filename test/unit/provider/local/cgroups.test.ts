import { groupOf, hasSlices, sliceOf } from '../../../../provider/local/shared/cgroups';

test("sliceOf puts a lab's slice below the slice of all labs, and below no other lab's", () => {
  // systemd puts a.slice above a-b.slice: every hyphen in a name is a step down.
  const parents = (slice: string): string[] => slice.replace('.slice', '').split('-').slice(0, -1);
  expect(sliceOf('local-s01')).toBe('hardway-local\\x2ds01.slice');
  for (const lab of ['local', 'local-s01', 'local-s01-b', 's01'])
    expect(parents(sliceOf(lab))).toEqual(['hardway']);
  expect(new Set(['local', 'local-s01', 'locals01', 'local-s-01'].map(sliceOf)).size).toBe(4);
});

(hasSlices() ? test.skip : test)(
  "a machine's group is in its lab's, and that in the one of all",
  () => {
    expect([groupOf(), groupOf('local-s01'), groupOf('local-s01', 'worker-0')]).toEqual([
      'hardway',
      'hardway/local-s01',
      'hardway/local-s01/worker-0',
    ]);
  },
);
