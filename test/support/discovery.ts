import * as fs from 'node:fs';
import * as path from 'node:path';

/** Part of a JSON schema, as Google's discovery documents write it. */
interface Property {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: string[];
  pattern?: string;
  readOnly?: boolean;
  required?: boolean;
  location?: string;
  properties?: Record<string, Property>;
  items?: Property;
  additionalProperties?: Property;
  /** Methods that refuse a request without this field. */
  annotations?: { required?: string[] };
}

/**
 * Fields that the document marks as output only, but that the service accepts in requests. A
 * backend service refuses a group without a network, and an empty group has a network only if the
 * request names one: hashicorp/terraform#13493.
 */
const ACCEPTED = ['instanceGroups.network'];

interface Method {
  id: string;
  parameters: Record<string, Property>;
  request: { $ref: string };
}

interface Document {
  revision: string;
  resources: Record<string, { methods: Record<string, Method> }>;
  schemas: Record<string, Property>;
}

/** Request to Compute Engine, as far as the discovery document describes one. */
export interface Request {
  /** Collection and method, for example `instances.insert`. */
  method: string;
  /** Values of the path's parameters. */
  parameters: Record<string, string>;
  body: unknown;
}

/** Trimmed discovery document: see test/fixtures/gcp/README.md. */
export const DISCOVERY = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../fixtures/gcp/compute.v1.trimmed.json'), 'utf8'),
) as Document;

const isWhole = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TYPES: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  integer: isWhole,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: isObject,
};

/** JSON has no 64-bit integers: the API writes them as strings of digits. */
const is64Bit = ({ format = '' }: Property): boolean => /^u?int64$/.test(format);

/** Checks one value; `method` decides which fields are required. Returns the mistakes, each with its place. */
function valueMistakes(
  property: Property,
  value: unknown,
  { at, method }: { at: string; method: string },
): string[] {
  if (property.$ref)
    return valueMistakes({ type: 'object', ...DISCOVERY.schemas[property.$ref] }, value, {
      at,
      method,
    });
  const { type = 'any', pattern } = property;
  if (TYPES[type] && !TYPES[type](value))
    return [`${at} is ${JSON.stringify(value)}: not of type ${type}`];
  const text = String(value);
  if (type === 'string' && is64Bit(property) && !/^-?\d+$/.test(text))
    return [`${at} is "${text}": not a number`];
  if (property.enum && !property.enum.includes(text))
    return [`${at} is "${text}": not one of ${property.enum.join(', ')}`];
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      // A list's pattern is that of its items.
      valueMistakes(pattern ? { ...property.items, pattern } : property.items!, item, {
        at: `${at}[${index}]`,
        method,
      }),
    );
  if (pattern && !new RegExp(`^(?:${pattern})$`).test(text))
    return [`${at} is "${text}": does not match ${pattern}`];
  return isObject(value) ? fieldMistakes(property, value, { at, method }) : [];
}

function fieldMistakes(
  { properties = {}, additionalProperties }: Property,
  value: Record<string, unknown>,
  { at, method }: { at: string; method: string },
): string[] {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const mistakes = fields.flatMap(([name, field]) => {
    const known = properties[name] ?? additionalProperties;
    if (!known) return [`${at}.${name} is unknown`];
    if (known.readOnly && !ACCEPTED.includes(`${at}.${name}`))
      return [`${at}.${name} is only in answers`];
    return valueMistakes(known, field, { at: `${at}.${name}`, method });
  });
  const missing = Object.entries(properties).filter(
    ([name, { annotations }]) =>
      annotations?.required?.includes(method) && value[name] === undefined,
  );
  return [...mistakes, ...missing.map(([name]) => `${at}.${name} is missing`)];
}

/** Checks a request against the discovery document. Returns the mistakes; empty if there are none. */
export function requestMistakes({ method, parameters, body }: Request): string[] {
  const [collection, name] = method.split('.');
  const found = DISCOVERY.resources[collection]?.methods[name];
  if (!found) return [`${method} is unknown`];
  const at = { at: '', method: found.id };
  const missing = Object.entries(found.parameters)
    .filter(([parameter, { required }]) => required && parameters[parameter] === undefined)
    .map(([parameter]) => `parameter ${parameter} is missing`);
  const wrong = Object.entries(parameters).flatMap(([parameter, value]) => {
    const known = found.parameters[parameter];
    if (!known) return [`parameter ${parameter} is unknown`];
    return valueMistakes(known, value, { ...at, at: `parameter ${parameter}` });
  });
  return [
    ...missing,
    ...wrong,
    ...valueMistakes({ $ref: found.request.$ref }, body, { ...at, at: collection }),
  ];
}
