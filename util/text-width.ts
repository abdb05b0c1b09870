import width from 'string-width';

/** Returns the number of terminal columns of a text: 2 for 王 and 😀, 0 for combining marks. */
export const textWidth = (text: string): number => width(text);

/** Appends spaces until a text has a number of columns. */
export const pad = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - textWidth(text)));

/** Characters as a reader counts them: a letter stays with its combining marks. */
const characters = new Intl.Segmenter();

/** Shortens a text to a number of columns. A shortened text ends with `…`. */
export function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  for (const { segment } of characters.segment(text)) {
    if (textWidth(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
