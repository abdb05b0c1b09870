/** Number of words of the longest sentence that does not count as long. */
export const LONG_SENTENCE = 30;

/** Returns the prose of a Markdown page: no code blocks, tables, headings or link targets. */
const proseOf = (markdown: string): string =>
  markdown
    .replace(/^---\n[^]*?\n---\n/, '')
    .replace(/^ *(```|~~~)[^]*?^ *\1.*$/gm, '\n\n')
    .replace(/<!--[^]*?-->/g, '')
    .split('\n')
    .filter((line) => !/^\s*\|/.test(line) && !/^ {4,}\S/.test(line))
    .map((line) => line.replace(/^#.*/, ''))
    .join('\n')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`[^`\n]*`/g, 'code')
    .replace(/https?:\/\/\S+/g, 'link');

/** Splits a Markdown page into sentences. A list item or a paragraph ends a sentence. */
export function sentencesOf(markdown: string): string[] {
  const blocks = proseOf(markdown).split(/\n\s*\n|\n\s*(?=[-*] |\d+\. |>)/);
  return blocks
    .map((block) =>
      block
        .replace(/^\s*([-*>]|\d+\.)\s+/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .flatMap((block) => block.split(/(?<=[.!?:][)"*_]*) +(?=[A-Z"(*`_])/))
    .map((sentence) => sentence.trim())
    .filter((sentence) => /[a-z]/i.test(sentence));
}

/** Number of words of a sentence. */
export const wordsOf = (sentence: string): number =>
  sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

/** First words that make a comment hard to read, as style.md lists them. */
const UNCLEAR_START = /^(what|whose|whoever|whatever|of (the|a|an)|the same|by)\b/i;

/** Returns whether a comment starts with a word that the style guide forbids. */
export const startsUnclearly = (comment: string): boolean => UNCLEAR_START.test(comment);

/** Words that the style guide replaces, with their plain counterparts. */
export const REPLACED_WORDS: Record<string, string> = {
  anew: 'recreated, replaced',
  told: 'reported, printed',
  tell: 'report, print',
  tells: 'reports, prints',
  telling: 'reporting, printing',
  mend: 'repair',
  mends: 'repairs',
  mended: 'repaired',
  mending: 'repairing',
  'otherwise than': 'drift, differs from',
  'is gone': 'does not exist',
  'are gone': 'do not exist',
  whoever: 'the user',
  whatever: 'any',
  somebody: 'a user',
  someone: 'a user',
  everybody: 'every user',
  nobody: 'no user',
  whose: 'with, of which',
  'in words': 'formatted, as text',
  'none where': 'undefined if',
  'takes along': 'deletes',
  'hangs on': 'belongs to',
  'stands on': 'depends on',
  'by itself': 'automatically',
  'by themselves': 'automatically',
  'of its own': 'own, dedicated',
  'of their own': 'own, dedicated',
  thing: 'resource, part',
  things: 'resources, parts',
};

/** No part of a name such as `local-nobody` or `test:Thing`. */
const REPLACED = new RegExp(
  `(?<![\\w:/-])(${Object.keys(REPLACED_WORDS).join('|')})(?![\\w-])`,
  'gi',
);

/** Lists the words of a text that the style guide replaces. */
export const replacedWords = (text: string): string[] =>
  [...text.matchAll(REPLACED)].map(([word]) => word.toLowerCase());
