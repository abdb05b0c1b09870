import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LONG_SENTENCE, replacedWords, sentencesOf, startsUnclearly, wordsOf } from './prose';
import { measureSource, type SourceFigures } from './source';

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
}

/** Places behind the figures, for those who fix them. */
export interface Findings {
  unclearComments: Place[];
  replacedWords: Place[];
  longSentences: Place[];
}

/**
 * Limits of the figures, each the best of comparable projects: lines and nesting of pulumi-awsx, sentences of
 * aws-cdk's guides, documented exports of pulumi-eks.
 */
export const LIMITS: Partial<Record<keyof Figures, { atMost?: number; atLeast?: number }>> = {
  longLinesPercent: { atMost: 1 },
  nestedConditionals: { atMost: 0 },
  medianFunction: { atMost: 10 },
  longestFunction: { atMost: 125 },
  documentedExportsPercent: { atLeast: 60 },
  unclearComments: { atMost: 0 },
  replacedWords: { atMost: 0 },
  longSentencesPercent: { atMost: 3 },
};

const TITLES: Record<keyof Figures, string> = {
  files: 'TypeScript files, tests not counted',
  lines: 'lines in them',
  medianFile: 'median lines of a file',
  longestFile: 'longest file',
  medianFunction: 'median lines of a function',
  p90Function: '90th percentile of a function',
  longestFunction: 'longest function',
  longLinesPercent: 'lines over 120 characters, %',
  nestedConditionals: 'nested conditional expressions',
  conditionalsPerThousandLines: 'conditional expressions per 1,000 lines',
  documentedExportsPercent: 'exports with a doc comment, %',
  unclearComments: 'comments with an unclear first word',
  replacedWords: 'words that the style guide replaces, in comments and docs',
  wordsPerSentence: 'words per sentence of the docs',
  longSentencesPercent: `docs sentences over ${LONG_SENTENCE} words, %`,
};

const tracked = (root: string): string[] =>
  execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '' && fs.existsSync(path.join(root, file)));

const isSource = (file: string): boolean => /\.ts$/.test(file) && !file.startsWith('test/');
const isDocs = (file: string): boolean => /\.md$/.test(file);

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : (100 * part) / whole);
const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

interface Measured {
  sources: (SourceFigures & { file: string })[];
  sentences: { file: string; text: string; words: number }[];
  pages: { file: string; text: string }[];
}

function measure(root: string): Measured {
  const files = tracked(root);
  const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
  const pages = files.filter(isDocs).map((file) => ({ file, text: read(file) }));
  return {
    sources: files.filter(isSource).map((file) => ({ file, ...measureSource(file, read(file)) })),
    pages,
    sentences: pages.flatMap(({ file, text }) =>
      sentencesOf(text).map((sentence) => ({ file, text: sentence, words: wordsOf(sentence) })),
    ),
  };
}

/** Lists comments and sentences that miss the style guide. */
export function findingsOf(root: string): Findings {
  const { sources, sentences } = measure(root);
  const comments = sources.flatMap(({ file, comments }) =>
    comments.map(({ line, text }) => ({ file, line, text })),
  );
  const prose = sentences.map(({ file, text }) => ({ file, line: 0, text }));
  return {
    unclearComments: comments.filter(({ text }) => startsUnclearly(text)),
    replacedWords: [...comments, ...prose].filter(({ text }) => replacedWords(text).length > 0),
    longSentences: sentences
      .filter(({ words }) => words > LONG_SENTENCE)
      .map(({ file, text }) => ({ file, line: 0, text })),
  };
}

/** Measures every tracked TypeScript file outside test/, and every tracked Markdown page. */
export function figuresOf(root: string): Figures {
  const { sources, sentences, pages } = measure(root);
  const lines = sum(sources.map((source) => source.lines));
  const functions = sources.flatMap((source) => source.functionLengths);
  const comments = sources.flatMap((source) => source.comments.map(({ text }) => text));
  const exported = sum(sources.map((source) => source.exports));
  const prose = pages.flatMap(({ text }) => sentencesOf(text));
  return {
    files: sources.length,
    lines,
    medianFile: quantile(
      sources.map((source) => source.lines),
      0.5,
    ),
    longestFile: Math.max(...sources.map((source) => source.lines)),
    medianFunction: quantile(functions, 0.5),
    p90Function: quantile(functions, 0.9),
    longestFunction: Math.max(...functions),
    longLinesPercent: percent(sum(sources.map(({ longLines }) => longLines.length)), lines),
    nestedConditionals: sum(sources.map((source) => source.nestedConditionals.length)),
    conditionalsPerThousandLines:
      (1000 * sum(sources.map((source) => source.conditionals))) / lines,
    documentedExportsPercent: percent(sum(sources.map((s) => s.documentedExports)), exported),
    unclearComments: comments.filter(startsUnclearly).length,
    replacedWords: [...comments, ...prose].flatMap(replacedWords).length,
    wordsPerSentence: sum(sentences.map(({ words }) => words)) / sentences.length,
    longSentencesPercent: percent(
      sentences.filter(({ words }) => words > LONG_SENTENCE).length,
      sentences.length,
    ),
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
        atMost === undefined ? '' : `at most ${atMost}`,
        atLeast === undefined ? '' : `at least ${atLeast}`,
      ].join('');
      return `${TITLES[name].padEnd(60)}${value}  ${limit}${missed.has(name) ? '  MISSED' : ''}`;
    })
    .map((line) => line.trimEnd())
    .join('\n');
}
