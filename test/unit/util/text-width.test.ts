import { columns } from '../../../cli/ui/prompt';
import { cut, pad, textWidth } from '../../../util/text-width';

const COMBINED = 'Zoe\u0308';

describe('text width', () => {
  test.each([
    ['Ada', 3],
    ['王小明', 6],
    ['😀', 2],
    [COMBINED, 3],
    ['\u001b[31mred\u001b[0m', 3],
  ])('%j is the number of columns in a terminal', (text, width) =>
    expect(textWidth(text)).toBe(width),
  );

  test.each([
    ['Ada', 5, 'Ada  '],
    ['王', 5, '王   '],
    ['too long', 3, 'too long'],
  ])('pad fills %j up to %d columns', (text, width, padded) =>
    expect(pad(text, width)).toBe(padded),
  );

  test.each([
    ['Ada', 3, 'Ada'],
    ['Ada Lovelace', 5, 'Ada …'],
    ['王小明', 5, '王小…'],
    ['王小明', 4, '王…'],
    ['😀😀😀', 4, '😀…'],
    [`${COMBINED}y`, 3, 'Zo…'],
    [`${COMBINED}yyy`, 4, `${COMBINED}…`],
    ['Ada', 0, '…'],
  ])('cut shortens %j to %d columns', (text, width, shortened) =>
    expect(cut(text, width)).toBe(shortened),
  );

  test('columns of a table start at the same place below names of wide characters', () => {
    const lines = columns([
      ['NAME', 'STATE'],
      ['王小明', 'up'],
      ['Ada', 'up'],
    ]).split('\n');
    expect(lines).toEqual(['NAME    STATE', '王小明  up', 'Ada     up']);
  });
});
