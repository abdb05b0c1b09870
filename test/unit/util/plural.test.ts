import { counted, plural } from '../../../util/plural';

test('one lab is singular; none and several are plural', () => {
  expect([0, 1, 2].map((count) => counted(count, 'lab'))).toEqual(['0 labs', '1 lab', '2 labs']);
});

test('an irregular plural form is used as given', () => {
  expect(counted(2, 'address', 'addresses')).toBe('2 addresses');
  expect([1, 2].map((count) => plural(count, 'is', 'are'))).toEqual(['is', 'are']);
});
