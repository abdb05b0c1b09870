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
