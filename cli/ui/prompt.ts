import * as readline from 'node:readline/promises';
import { pad, textWidth } from '../../util/text-width';
import { Interrupted, usage } from '../errors';

/**
 * Asks the user to confirm something that can't be undone. Without a terminal, the user has to give
 * --yes.
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw usage(`${question} There is no terminal to ask on.`, 'the same command with --yes');
  const dialogue = readline.createInterface({ input: process.stdin, output: process.stdout });
  const stop = new AbortController();
  dialogue.on('SIGINT', () => stop.abort());
  try {
    const answer = await dialogue.question(`${question} [y/N] `, { signal: stop.signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw usage('Aborted.');
  } catch (error) {
    if (stop.signal.aborted) throw new Interrupted('\nAborted.');
    throw error;
  } finally {
    dialogue.close();
  }
}

/** Renders rows as aligned columns. The first row is the heading. */
export function columns(rows: string[][]): string {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => textWidth(row[column] ?? ''))),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
