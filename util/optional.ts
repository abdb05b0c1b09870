/** A value that may be missing. The empty text counts as missing, as in settings and tags. */
type Optional<T> = T | undefined | null | '';

/**
 * Returns the items if the condition is true (or truthy), otherwise an empty list.
 * @example
 * ['ssh', ...itemsIf(verbose, '-v')]
 */
export function itemsIf<T>(condition: unknown, ...items: T[]): T[] {
  if (!condition) return [];
  return items;
}

/**
 * Returns the fields if the condition is true (or truthy), otherwise an empty object.
 * @example
 * { name, ...fieldsIf(problem, { problem }) }
 */
export function fieldsIf<T extends object>(condition: unknown, fields: T): Partial<T> {
  if (!condition) return {};
  return fields;
}

/**
 * Returns the text if the condition is true (or truthy), otherwise ''.
 * @example
 * `${title}${textIf(detail, `: ${detail}`)}`
 */
export function textIf(condition: unknown, text: string): string {
  if (!condition) return '';
  return text;
}

/** Returns a text as it is, and '' for a value of any other type. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return '';
}

/**
 * Returns a list with the value, or an empty list if the value is `undefined`, `null` or ''.
 * @example
 * listOf(zone).map((name) => ({ Name: 'location', Values: [name] }))
 */
export function listOf<T>(value: Optional<T>): T[] {
  if (value === undefined || value === null || value === '') return [];
  return [value];
}

/**
 * Returns the result of a function of the value, or `undefined` if the value is `undefined`, `null` or ''.
 * @example
 * ifPresent(price, (hourly) => hourly * 24)
 */
export function ifPresent<T, R>(value: Optional<T>, use: (value: T) => R): R | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return use(value);
}
