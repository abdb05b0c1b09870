import type { Properties, ResourceKind } from './resource-kind';

// Constants of Pulumi's wire format for secrets, outputs and unknown values, which JSON lacks.
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';
const OUTPUT = 'd0e6a833031e9bbcd3f4e8bde6ca49a4';
const UNKNOWN = new Set([
  '04da6b54-80e4-46f7-96ec-b56ff0331ba9',
  '1c4a061d-8072-4f0a-a4cb-0ff528b18fe7',
  '3eeb2bf0-c639-47a8-9e75-3b44932eb421',
  '6a19a0b0-7e62-4c92-b797-7f8e31da9cc2',
  '030794c1-ac77-496b-92df-f27374a8bd58',
  'e48ece36-62e2-4504-bad9-02848725956a',
  'dd056dcd-154b-4c76-9bd3-c8f88648b5ff',
]);

/** Properties from the engine, with secrets and unknown values separated. */
export interface Unwrapped {
  /** Plain values. Properties that are unknown, or contain an unknown value, are absent. */
  values: Properties;
  /** Names of properties that are secret or contain a secret. */
  secret: Set<string>;
  /** Names of properties that are not known yet (preview). */
  unknown: Set<string>;
  /** Original properties, to return unknown values unchanged. */
  wire: Properties;
}

interface Marks {
  secret: boolean;
  unknown: boolean;
}

function plain(value: any, marks: Marks): any {
  if (typeof value === 'string') {
    if (UNKNOWN.has(value)) marks.unknown = true;
    return value;
  }
  if (Array.isArray(value)) return value.map((element) => plain(element, marks));
  if (value === null || typeof value !== 'object') return value;
  if (value[SIGNATURE] === SECRET) {
    marks.secret = true;
    return plain(value.value, marks);
  }
  if (value[SIGNATURE] === OUTPUT) {
    if (value.secret) marks.secret = true;
    if (!('value' in value)) marks.unknown = true;
    return plain(value.value, marks);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, element]) => [key, plain(element, marks)]),
  );
}

/** Separates secrets and unknown values from properties that the engine sent. */
export function unwrap(wire: Properties): Unwrapped {
  const result: Unwrapped = { values: {}, secret: new Set(), unknown: new Set(), wire };
  for (const [name, value] of Object.entries(wire)) {
    const marks = { secret: false, unknown: false };
    const unwrapped = plain(value, marks);
    if (marks.secret) result.secret.add(name);
    if (marks.unknown) result.unknown.add(name);
    else result.values[name] = unwrapped;
  }
  return result;
}

/** Returns a copy without `undefined`, which the wire format lacks. */
function defined(value: any): any {
  if (Array.isArray(value)) return value.map((element) => defined(element ?? null));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, element]) => element !== undefined)
      .map(([key, element]) => [key, defined(element)]),
  );
}

/** Length of the shortest text that is masked. Shorter texts occur elsewhere by chance. */
const SHORTEST_SECRET = 6;

function collectStrings(value: any, into: Set<string>): void {
  if (typeof value === 'string') {
    if (value.trim().length >= SHORTEST_SECRET) into.add(value.trim());
  } else if (value !== null && typeof value === 'object') {
    for (const element of Object.values(value)) collectStrings(element, into);
  }
}

/**
 * Returns all texts to mask: every string in a secret property or in a property of `kind.secrets`.
 */
export function secretTexts(
  sources: Unwrapped[],
  kind: Pick<ResourceKind, 'secrets' | 'sensitive'> = {},
): Set<string> {
  const texts = new Set<string>();
  for (const source of sources) {
    const names = new Set([...source.secret, ...(kind.secrets ?? [])]);
    if (kind.sensitive) collectStrings(kind.sensitive(source.values, names), texts);
    else for (const name of names) collectStrings(source.values[name], texts);
  }
  return texts;
}

function mentions(value: any, texts: Set<string>): boolean {
  if (typeof value === 'string') {
    for (const text of texts) if (value.includes(text)) return true;
    return false;
  }
  if (value !== null && typeof value === 'object')
    return Object.values(value).some((element) => mentions(element, texts));
  return false;
}

/** Replaces every secret text in `message`. */
export function mask(message: string, texts: Set<string>): string {
  let masked = message;
  for (const text of texts) masked = masked.replaceAll(text, '[secret]');
  return masked;
}

/**
 * Converts values to the wire format. Properties in `names`, and properties that contain one of
 * `texts`, are wrapped as secrets. A property is wrapped as a whole and once: two layers would
 * reach the program as an object.
 */
export function wrap(
  values: Properties,
  names: Set<string>,
  texts: Set<string> = new Set(),
): Properties {
  const wire: Properties = {};
  for (const [name, value] of Object.entries(defined(values))) {
    const secret = names.has(name) || mentions(value, texts);
    wire[name] = value;
    if (secret) wire[name] = { [SIGNATURE]: SECRET, value };
  }
  return wire;
}
