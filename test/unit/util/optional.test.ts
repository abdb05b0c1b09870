import { asText, fieldsIf, ifPresent, itemsIf, listOf, textIf } from '../../../util/optional';

describe('a part with a condition', () => {
  test.each([true, 'text', 1, {}])('is included if the condition is %p', (condition) => {
    expect(itemsIf(condition, 'a', 'b')).toEqual(['a', 'b']);
    expect(fieldsIf(condition, { a: 1 })).toEqual({ a: 1 });
    expect(textIf(condition, 'a')).toBe('a');
  });

  test.each([false, '', 0, undefined, null])('is left out if the condition is %p', (condition) => {
    expect(itemsIf(condition, 'a', 'b')).toEqual([]);
    expect(fieldsIf(condition, { a: 1 })).toEqual({});
    expect(textIf(condition, 'a')).toBe('');
  });
});

test('a value that is no text counts as an empty text', () => {
  expect(['a', 1, undefined, null, {}].map(asText)).toEqual(['a', '', '', '', '']);
});

describe('an optional value', () => {
  const double = (value: number): number => 2 * value;

  test('is used if present, also if it is 0 or false', () => {
    expect(listOf(0)).toEqual([0]);
    expect(listOf(false)).toEqual([false]);
    expect(ifPresent(0, String)).toBe('0');
    expect(ifPresent(2, double)).toBe(4);
  });

  test.each([undefined, null, ''] as const)('is missing if it is %p', (value) => {
    expect(listOf<number>(value)).toEqual([]);
    expect(ifPresent<number, number>(value, double)).toBeUndefined();
  });
});
