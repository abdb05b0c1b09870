const PLACEHOLDER = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/**
 * Fills in a template's `${NAME}` placeholders, names being upper case. Anything else with a dollar sign is left alone.
 * Throws an Error, naming `source`, for a placeholder without a value and for a value that no placeholder uses.
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
