import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from './repo-root';

const PLACEHOLDER = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/**
 * Replaces a template's placeholders, such as `${NAME}`. A placeholder's name is in upper case; other
 * dollar signs stay. Throws an Error with `source` for a placeholder without a value, and for a value
 * without a placeholder.
 */
export function render(
  source: string,
  template: string,
  values: Record<string, string | number | boolean>,
): string {
  const used = new Set<string>();
  const text = template.replace(PLACEHOLDER, (_, name: string) => {
    if (!Object.hasOwn(values, name)) throw new Error(`${source}: no value for \${${name}}`);
    used.add(name);
    return String(values[name]);
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`${source}: no placeholder for ${unused.join(', ')}`);
  return text;
}

/** Renders a template file of this repository. `file` is relative to the repository's root. */
export const renderFile = (file: string, values: Record<string, string | number>): string =>
  render(file, fs.readFileSync(path.join(root, file), 'utf8'), values);
