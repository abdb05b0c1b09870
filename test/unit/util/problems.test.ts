import { problemUnless } from '../../../util/problems';

describe('a requirement', () => {
  test.each([true, 'found', 1])('has no problem if it is %p', (holds) => {
    expect(problemUnless(holds, 'missing')).toEqual([]);
  });

  test.each([false, '', 0, undefined])('has a problem if it is %p', (holds) => {
    expect(problemUnless(holds, 'missing')).toEqual(['missing']);
  });
});
