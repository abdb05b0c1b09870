import {
  figuresOf,
  formatFigures,
  missedLimits,
  type Figures,
} from '../../../bench/readability/figures';
import {
  replacedWords,
  sentencesOf,
  startsUnclearly,
  wordsOf,
} from '../../../bench/readability/prose';
import { measureSource } from '../../../bench/readability/source';
import { root } from '../../../util/repo-root';

const SOURCE = `/** Returns one. */
export function one(): number {
  // First line of a comment,
  // and its second.
  return 1;
}

export const two = (a: boolean, b: boolean): number => (a ? 1 : b ? 2 : 3);
const text = \`// no comment\`; // What this is
const long = '${'x'.repeat(120)}';
`;

describe('figures of a source file', () => {
  const figures = measureSource('one.ts', SOURCE);

  test('count lines, long lines and functions', () => {
    expect(figures.lines).toBe(10);
    expect(figures.longLines).toEqual([10]);
    expect(figures.functionLengths).toEqual([5, 1]);
  });

  test('join line comments and ignore marks inside strings', () => {
    expect(figures.comments.map(({ line, text }) => [line, text])).toEqual([
      [1, 'Returns one.'],
      [3, 'First line of a comment, and its second.'],
      [9, 'What this is'],
    ]);
  });

  test('count conditional expressions and find the nested one', () => {
    expect(figures.conditionals).toBe(2);
    expect(figures.nestedConditionals).toEqual([8]);
  });

  test('find a nested conditional expression in parentheses, and none in an argument', () => {
    const text = 'const a = b ? (c ? 1 : 2) : 3;\nconst d = e ? f(g ? 1 : 2) : 3;\n';
    expect(measureSource('two.ts', text).nestedConditionals).toEqual([1]);
  });

  test('count exports with a doc comment', () => {
    expect([figures.exports, figures.documentedExports]).toEqual([2, 1]);
  });
});

describe('prose', () => {
  const PAGE = [
    '# A heading is no sentence',
    'First sentence. Second [sentence](https://example.com/a.b) with `code. Here`.',
    '',
    '- An item',
    '- Another item',
    '',
    '```',
    'No sentence. At all.',
    '```',
    '| a | table |',
  ].join('\n');

  test('is split into sentences without code, tables and headings', () => {
    expect(sentencesOf(PAGE)).toEqual([
      'First sentence.',
      'Second sentence with code.',
      'An item',
      'Another item',
    ]);
  });

  test('has its words counted without lone punctuation', () => {
    expect(wordsOf('One - two, three.')).toBe(3);
  });

  test('starts unclearly with "What" and clearly with a verb', () => {
    expect(startsUnclearly('What is left')).toBe(true);
    expect(startsUnclearly('Of the rows')).toBe(true);
    expect(startsUnclearly('Returns what is left')).toBe(false);
    expect(startsUnclearly('Whatsoever')).toBe(false);
  });

  test('has its replaced words listed', () => {
    expect(replacedWords('Made anew by somebody; a demand')).toEqual(['anew', 'somebody']);
  });
});

describe('limits', () => {
  const figures = { longLinesPercent: 1.5, documentedExportsPercent: 50 } as Figures;

  test('are missed from above and from below', () => {
    const limits = { longLinesPercent: { atMost: 1 }, documentedExportsPercent: { atLeast: 60 } };
    expect(missedLimits(figures, limits)).toEqual(['longLinesPercent', 'documentedExportsPercent']);
    expect(formatFigures(figures, limits)).toMatch(
      /over 120 characters, % +1\.5 +at most 1 +MISSED/,
    );
  });

  test('are met at the limit itself', () => {
    expect(missedLimits(figures, { longLinesPercent: { atMost: 1.5 } })).toEqual([]);
  });
});

describe('this repository', () => {
  const ours = figuresOf(root);

  test('misses no limit of the style guide', () => {
    expect(ours.files).toBeGreaterThan(200);
    expect(missedLimits(ours).map((name) => `${name}: ${ours[name]}`)).toEqual([]);
  });
});
