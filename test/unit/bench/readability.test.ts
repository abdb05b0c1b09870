import {
  figuresOf,
  formatFigures,
  missedLimits,
  type Figures,
} from '../../../bench/readability/figures';
import { longLinesOf, MARKDOWN_WIDTH, wrapMarkdown } from '../../../bench/readability/markdown';
import {
  replacedWords,
  sentencesOf,
  startsUnclearly,
  wordsOf,
} from '../../../bench/readability/prose';
import { measureSource, scriptComments } from '../../../bench/readability/source';
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

  test('list strings of several words, names of tests and their lengths', () => {
    const text = [
      "describe('a lab', () => {",
      '  test(`has ${count} nodes`, () => {',
      "    expect('one').toBe('one two');",
      '  });',
      "  test.each([1])('is number %s', async () => {});",
      '});',
    ].join('\n');
    const { strings, testNames, testLengths } = measureSource('a.test.ts', text);
    expect(testNames.map(({ line, text }) => [line, text])).toEqual([
      [1, 'a lab'],
      [2, 'has … nodes'],
      [5, 'is number %s'],
    ]);
    expect(testLengths).toEqual([3, 1]);
    expect(strings.map(({ text }) => text)).toEqual([
      'a lab',
      'has … nodes',
      'one two',
      'is number %s',
    ]);
  });

  test('count exports with a doc comment', () => {
    expect([figures.exports, figures.documentedExports]).toEqual([2, 1]);
  });
});

test('a script has its comments joined by line, without its interpreter', () => {
  const text = '#!/bin/sh\n# First line,\n  # and its second.\necho "# no comment"\n# Third\n';
  expect(scriptComments(text).map(({ line, text }) => [line, text])).toEqual([
    [2, 'First line, and its second.'],
    [5, 'Third'],
  ]);
});

describe('a Markdown page', () => {
  const words = (count: number): string => Array(count).fill('words').join(' ');
  const wrapped = (page: string): string[] => wrapMarkdown(page).split('\n');

  test('has a long paragraph wrapped from its first long line on', () => {
    const lines = wrapped(`A short line.\n${words(25)}\nand the last.`);
    expect(lines).toEqual(['A short line.', words(20), `${words(5)} and the last.`]);
    expect(words(20).length).toBeLessThanOrEqual(MARKDOWN_WIDTH);
  });

  test('has a list item wrapped below its text', () => {
    expect(wrapped(`1. ${words(25)}\n2. two`)).toEqual([
      `1. ${words(19)}`,
      `   ${words(6)}`,
      '2. two',
    ]);
  });

  test('has no code span broken, and no line that starts with a mark', () => {
    const span = `\`${words(3)}\``;
    expect(wrapped(`${words(19)} ${span} is it.`)).toEqual([words(19), `${span} is it.`]);
    expect(wrapped(`${words(19)} twenty - 30`)).toEqual([words(19), 'twenty - 30']);
  });

  test.each([
    ['table row', `| ${words(30)} |`],
    ['heading', `# ${words(30)}`],
    ['code block', `\`\`\`\n${words(30)}\n\`\`\``],
    ['front matter', `---\ntitle: ${words(30)}\n---`],
    ['hard break', `${words(30)}  \nnext`],
  ])('keeps a long %s as it is', (_title, page) => {
    expect(wrapMarkdown(page)).toBe(page);
  });

  test('has its long lines listed, except in tables and code', () => {
    const long = 'x'.repeat(MARKDOWN_WIDTH + 1);
    expect(longLinesOf(`${long}\n\n| ${long} |\n\n\`\`\`\n${long}\n\`\`\`\n`)).toEqual([long]);
    expect(longLinesOf('x'.repeat(MARKDOWN_WIDTH))).toEqual([]);
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

  test('keeps a replaced word that is part of a name', () => {
    expect(replacedWords('user local-nobody, type test:Thing, nobody-answers')).toEqual([]);
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
    expect(ours.tests).toBeGreaterThan(1000);
    expect(missedLimits(ours).map((name) => `${name}: ${ours[name]}`)).toEqual([]);
  });
});
