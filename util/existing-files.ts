import * as fs from 'node:fs';

/** Reads a file as text, or returns `undefined` if it does not exist. */
export function readIfExists(file: string): string | undefined {
  if (!fs.existsSync(file)) return undefined;
  return fs.readFileSync(file, 'utf8');
}

/** Lists the names in a directory, or returns an empty list if the directory does not exist. */
export function namesIn(directory: string): string[] {
  if (!fs.existsSync(directory)) return [];
  return fs.readdirSync(directory);
}
