import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { textIf } from '../../util/optional';
import { longLinesOf, MARKDOWN_WIDTH, wrapMarkdown } from './markdown';
import { LONG_SENTENCE, replacedWords, sentencesOf, startsUnclearly, wordsOf } from './prose';
import {
  LONG_LINE,
  measureSource,
  scriptComments,
  type SourceFigures,
  type SourceText,
} from './source';
import { sum } from '../../util/sum';

/** A file and a line in it, from 1. */
export interface Place {
  file: string;
  line: number;
  text: string;
}

/** Figures of a whole repository; percentages are from 0 to 100. */
export interface Figures {
  files: number;
  lines: number;
  medianFile: number;
  longestFile: number;
  medianFunction: number;
  p90Function: number;
  longestFunction: number;
  longLinesPercent: number;
  nestedConditionals: number;
  conditionalsPerThousandLines: number;
  documentedExportsPercent: number;
  unclearComments: number;
  replacedWords: number;
  wordsPerSentence: number;
  longSentencesPercent: number;
  longDocsLines: number;
  testFiles: number;
  testLines: number;
  longestTestFile: number;
  tests: number;
  medianTest: number;
  p90Test: number;
  longestTest: number;
  longTestLinesPercent: number;
  nestedTestConditionals: number;
  unclearTestNames: number;
}

/** Places behind the figures, for those who fix them. */
export interface Findings {
  unclearComments: Place[];
  unclearTestNames: Place[];
  replacedWords: Place[];
  longSentences: Place[];
  longDocsLines: Place[];
  longLines: Place[];
}

/**
 * Limits of the figures, each the best of comparable projects: lines and nesting of pulumi-awsx, sentences of
 * aws-cdk's guides, documented exports of pulumi-eks.
 */
export const LIMITS: Partial<Record<keyof Figures, { atMost?: number; atLeast?: number }>> = {
  longestFile: { atMost: 400 },
  longLinesPercent: { atMost: 1 },
  nestedConditionals: { atMost: 0 },
  conditionalsPerThousandLines: { atMost: 9 },
  medianFunction: { atMost: 10 },
  longestFunction: { atMost: 65 },
  documentedExportsPercent: { atLeast: 60 },
  unclearComments: { atMost: 0 },
  replacedWords: { atMost: 0 },
  longSentencesPercent: { atMost: 3 },
  longDocsLines: { atMost: 0 },
  longestTestFile: { atMost: 510 },
  medianTest: { atMost: 10 },
  longestTest: { atMost: 60 },
  longTestLinesPercent: { atMost: 1 },
  nestedTestConditionals: { atMost: 0 },
  unclearTestNames: { atMost: 0 },
};

const TITLES: Record<keyof Figures, string> = {
  files: 'TypeScript files, tests not counted',
  lines: 'lines in them',
  medianFile: 'median lines of a file',
  longestFile: 'longest file',
  medianFunction: 'median lines of a function',
  p90Function: '90th percentile of a function',
  longestFunction: 'longest function',
  longLinesPercent: `lines over ${LONG_LINE} characters, %`,
  nestedConditionals: 'nested conditional expressions',
  conditionalsPerThousandLines: 'conditional expressions per 1,000 lines',
  documentedExportsPercent: 'exports with a doc comment, %',
  unclearComments: 'comments with an unclear first word',
  replacedWords: 'words that the style guide replaces, in all texts',
  wordsPerSentence: 'words per sentence of the docs',
  longSentencesPercent: `docs sentences over ${LONG_SENTENCE} words, %`,
  longDocsLines: `docs lines over ${MARKDOWN_WIDTH} characters outside tables and code`,
  testFiles: 'TypeScript files below test/',
  testLines: 'lines in them',
  longestTestFile: 'longest of them',
  tests: 'tests',
  medianTest: 'median lines of a test',
  p90Test: '90th percentile of a test',
  longestTest: 'longest test',
  longTestLinesPercent: `lines of tests over ${LONG_LINE} characters, %`,
  nestedTestConditionals: 'nested conditional expressions in tests',
  unclearTestNames: 'names of tests with an unclear first word',
};

const tracked = (root: string): string[] =>
  execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '' && fs.existsSync(path.join(root, file)));

/** Files that name the words to replace. */
const WORD_LISTS = ['bench/readability/prose.ts', 'test/unit/bench/readability.test.ts'];

const isTest = (file: string): boolean => file.startsWith('test/');
const isSource = (file: string): boolean => file.endsWith('.ts');
const isDocs = (file: string): boolean => file.endsWith('.md');

/** Returns whether a file has comments that start with `#`. Fixtures are the output of programs. */
const isScript = (file: string, text: string): boolean =>
  !file.startsWith('test/fixtures/') &&
  (/\.(sh|py|pl|nft|cfg|ya?ml|service)$/.test(file) || /^#!.*(bash|sh)$/m.test(text.slice(0, 40)));

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function percent(part: number, whole: number): number {
  if (whole === 0) return 0;
  return (100 * part) / whole;
}

type Source = SourceFigures & { file: string; rows: string[] };
type Page = { file: string; text: string };

interface Measured {
  /** TypeScript files outside and below test/. */
  sources: Source[];
  tests: Source[];
  scripts: Page[];
  pages: Page[];
  sentences: (Page & { words: number })[];
}

function measure(root: string): Measured {
  const all = tracked(root).map((file) => ({
    file,
    text: fs.readFileSync(path.join(root, file), 'utf8'),
  }));
  const pages = all.filter(({ file }) => isDocs(file));
  const code = all
    .filter(({ file }) => isSource(file))
    .map(({ file, text }) => ({ file, rows: text.split('\n'), ...measureSource(file, text) }));
  return {
    sources: code.filter(({ file }) => !isTest(file)),
    tests: code.filter(({ file }) => isTest(file)),
    scripts: all.filter(({ file, text }) => isScript(file, text)),
    pages,
    sentences: pages.flatMap(({ file, text }) =>
      sentencesOf(text).map((sentence) => ({ file, text: sentence, words: wordsOf(sentence) })),
    ),
  };
}

/** Wraps the long lines of every tracked Markdown page. Returns the changed pages. */
export function wrapPages(root: string): string[] {
  const pages = measure(root).pages.map((page) => ({ ...page, wrapped: wrapMarkdown(page.text) }));
  const changed = pages.filter(({ text, wrapped }) => wrapped !== text);
  for (const { file, wrapped } of changed) fs.writeFileSync(path.join(root, file), wrapped);
  return changed.map(({ file }) => file);
}

/** Adds the file to texts of one file. */
const placed = (file: string, texts: SourceText[]): Place[] =>
  texts.map(({ line, text }) => ({ file, line, text }));

const longLinesIn = ({ file, longLines, rows }: Source): Place[] =>
  longLines.map((line) => ({ file, line, text: rows[line - 1].trim() }));

function findings({ sources, tests, scripts, pages, sentences }: Measured): Findings {
  const code = [...sources, ...tests];
  const comments = [
    ...code.flatMap(({ file, comments }) => placed(file, comments)),
    ...scripts.flatMap(({ file, text }) => placed(file, scriptComments(text))),
  ];
  const strings = code
    .filter(({ file }) => !WORD_LISTS.includes(file))
    .flatMap(({ file, strings }) => placed(file, strings));
  const prose = sentences.map(({ file, text }) => ({ file, line: 0, text }));
  const names = tests.flatMap(({ file, testNames }) => placed(file, testNames));
  return {
    unclearComments: comments.filter(({ text }) => startsUnclearly(text)),
    unclearTestNames: names.filter(({ text }) => startsUnclearly(text)),
    replacedWords: [...comments, ...strings, ...prose].filter(
      ({ text }) => replacedWords(text).length > 0,
    ),
    longSentences: sentences
      .filter(({ words }) => words > LONG_SENTENCE)
      .map(({ file, text }) => ({ file, line: 0, text })),
    longDocsLines: pages.flatMap(({ file, text }) =>
      longLinesOf(text).map((line) => ({ file, line: 0, text: line })),
    ),
    longLines: code.flatMap(longLinesIn),
  };
}

/** Lists comments, names, sentences and lines that miss the style guide. */
export const findingsOf = (root: string): Findings => findings(measure(root));

/** Returns the figures of a set of TypeScript files. */
function codeFigures(sources: Source[]) {
  const lines = sum(sources.map((source) => source.lines));
  return {
    files: sources.length,
    lines,
    longestFile: Math.max(...sources.map((source) => source.lines)),
    longLinesPercent: percent(sum(sources.map(({ longLines }) => longLines.length)), lines),
    nestedConditionals: sum(sources.map((source) => source.nestedConditionals.length)),
  };
}

/** Measures every tracked TypeScript file, every script's comments and every Markdown page. */
export function figuresOf(root: string): Figures {
  const measured = measure(root);
  const { sources, tests, sentences } = measured;
  const found = findings(measured);
  const functions = sources.flatMap((source) => source.functionLengths);
  const testLengths = tests.flatMap((source) => source.testLengths);
  const exported = sum(sources.map((source) => source.exports));
  const code = codeFigures(sources);
  const testCode = codeFigures(tests);
  return {
    ...code,
    medianFile: quantile(
      sources.map((source) => source.lines),
      0.5,
    ),
    medianFunction: quantile(functions, 0.5),
    p90Function: quantile(functions, 0.9),
    longestFunction: Math.max(...functions),
    conditionalsPerThousandLines:
      (1000 * sum(sources.map((source) => source.conditionals))) / code.lines,
    documentedExportsPercent: percent(sum(sources.map((s) => s.documentedExports)), exported),
    unclearComments: found.unclearComments.length,
    replacedWords: found.replacedWords.length,
    wordsPerSentence: sum(sentences.map(({ words }) => words)) / sentences.length,
    longSentencesPercent: percent(found.longSentences.length, sentences.length),
    longDocsLines: found.longDocsLines.length,
    testFiles: testCode.files,
    testLines: testCode.lines,
    longestTestFile: testCode.longestFile,
    tests: testLengths.length,
    medianTest: quantile(testLengths, 0.5),
    p90Test: quantile(testLengths, 0.9),
    longestTest: Math.max(...testLengths),
    longTestLinesPercent: testCode.longLinesPercent,
    nestedTestConditionals: testCode.nestedConditionals,
    unclearTestNames: found.unclearTestNames.length,
  };
}

/** Lists the figures that miss their limit. */
export function missedLimits(figures: Figures, limits = LIMITS): (keyof Figures)[] {
  return (Object.keys(limits) as (keyof Figures)[]).filter((name) => {
    const { atMost = Infinity, atLeast = -Infinity } = limits[name]!;
    return figures[name] > atMost || figures[name] < atLeast;
  });
}

/** Formats the figures as a table, limits beside them. */
export function formatFigures(figures: Figures, limits = LIMITS): string {
  const missed = new Set(missedLimits(figures, limits));
  return (Object.keys(TITLES) as (keyof Figures)[])
    .map((name) => {
      const { atMost, atLeast } = limits[name] ?? {};
      const value = String(Math.round(figures[name] * 10) / 10).padStart(8);
      const limit = [
        textIf(atMost !== undefined, `at most ${atMost}`),
        textIf(atLeast !== undefined, `at least ${atLeast}`),
      ].join('');
      return `${TITLES[name].padEnd(60)}${value}  ${limit}${textIf(missed.has(name), '  MISSED')}`;
    })
    .map((line) => line.trimEnd())
    .join('\n');
}
