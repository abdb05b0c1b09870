import * as fs from 'node:fs';
import * as path from 'node:path';
import { wrapMarkdown } from '../readability/markdown';
import { commandPages } from './commands';
import { configPage } from './config';
import { providerSchema } from './schema';

const PAGES = 'docs/reference';

/** Returns every generated file, by path in the repository. */
export function referenceFiles(root: string): Map<string, string> {
  const pages = [...commandPages(), ...configPage(root)].map(
    ([file, content]) => [`${PAGES}/${file}`, wrapMarkdown(content)] as const,
  );
  return new Map([
    ...pages,
    ['provider/schema.json', `${JSON.stringify(providerSchema(root), null, 2)}\n`],
  ]);
}

/** Lists the files below docs/reference, by path in the repository. */
export const committedPages = (root: string): string[] =>
  (fs.readdirSync(path.join(root, PAGES), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${PAGES}/${name}`)
    .sort();

/** Writes the generated files, and removes pages of commands that no longer exist. Returns the paths. */
export function writeReference(root: string): string[] {
  fs.rmSync(path.join(root, PAGES), { recursive: true, force: true });
  const files = referenceFiles(root);
  for (const [file, content] of files) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), content);
  }
  return [...files.keys()];
}
