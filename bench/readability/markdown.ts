/** Longest line of Markdown prose, in characters. */
export const MARKDOWN_WIDTH = 120;

/** Consecutive lines of a page: a paragraph or list item, or lines that must stay as they are. */
interface Block {
  isProse: boolean;
  lines: string[];
}

const FENCE = /^\s*(```|~~~)/;
const ITEM = /^(\s*(?:[-*+]|\d+\.)\s+)/;
/** Table rows, headings, quotes, comments, link definitions and rules. */
const FIXED = /^\s*(\||#|>|<[a-z/!]|\[[^\]]+\]:|-{3,}\s*$)/i;
/** Words that would start a list, a heading or a quote at the beginning of a line. */
const MARK = /^([-*+>]|#+|\d+\.)$/;

/** Returns the index behind a part that ends with a line that `isEnd` accepts. */
function endOf(lines: string[], start: number, isEnd: (line: string) => boolean): number {
  const end = lines.findIndex((line, index) => index > start && isEnd(line));
  if (end < 0) return lines.length;
  return end + 1;
}

/** Returns the index behind the front matter or code block that starts at `start`, or `start`. */
function endOfFixedPart(lines: string[], start: number): number {
  const [line] = lines.slice(start);
  if (start === 0 && line === '---') return endOf(lines, start, (other) => other === '---');
  const fence = FENCE.exec(line)?.[1];
  if (!fence) return start;
  return endOf(lines, start, (other) => other.trim().startsWith(fence));
}

/** Splits a page into blocks. */
function blocksOf(lines: string[]): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (let index = 0; index < lines.length;) {
    const end = endOfFixedPart(lines, index);
    const line = lines[index];
    if (end > index || line.trim() === '' || FIXED.test(line)) {
      open = undefined;
      const next = Math.max(end, index + 1);
      blocks.push({ isProse: false, lines: lines.slice(index, next) });
      index = next;
      continue;
    }
    if (open && !ITEM.test(line)) {
      open.lines.push(line);
    } else {
      open = { isProse: true, lines: [line] };
      blocks.push(open);
    }
    index += 1;
  }
  return blocks;
}

/** Splits prose into words. A code span is one word, and so is a mark with the word before it. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:`[^`]*`|\S)+/g)) {
    if (MARK.test(word) && words.length > 0) words.push(`${words.pop()} ${word}`);
    else words.push(word);
  }
  return words;
}

/** Wraps the lines of a paragraph or list item from its first long line on. */
function wrapBlock({ isProse, lines }: Block): string[] {
  const first = lines.findIndex((line) => line.length > MARKDOWN_WIDTH);
  const hasHardBreak = lines.some((line) => /( {2}|\\)$/.test(line));
  if (!isProse || first < 0 || hasHardBreak) return lines;
  const mark = ITEM.exec(lines[0])?.[1] ?? /^\s*/.exec(lines[0])![0];
  const indent = ' '.repeat(mark.length);
  let start = indent;
  let text = lines.slice(first).join(' ');
  if (first === 0) {
    start = mark;
    text = text.slice(mark.length);
  }
  const wrapped = [start];
  for (const word of wordsOf(text)) {
    const line = wrapped.pop()!;
    if (line === start || line === indent) wrapped.push(line + word);
    else if (`${line} ${word}`.length <= MARKDOWN_WIDTH) wrapped.push(`${line} ${word}`);
    else wrapped.push(line, indent + word);
  }
  return [...lines.slice(0, first), ...wrapped];
}

/**
 * Wraps the paragraphs and list items of a page that have a line over MARKDOWN_WIDTH. Tables,
 * headings, code blocks and front matter stay as they are.
 */
export const wrapMarkdown = (page: string): string =>
  blocksOf(page.split('\n')).flatMap(wrapBlock).join('\n');

/** Lists the lines of prose over MARKDOWN_WIDTH, for example a link too long for any line. */
export const longLinesOf = (page: string): string[] =>
  blocksOf(page.split('\n'))
    .filter(({ isProse }) => isProse)
    .flatMap(({ lines }) => lines.filter((line) => line.length > MARKDOWN_WIDTH));
