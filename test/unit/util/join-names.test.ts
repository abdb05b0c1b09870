import { joinNames } from '../../../util/join-names';

test('joinNames writes "and" before the last name only', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(joinNames)).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
});
