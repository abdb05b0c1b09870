import { isSecret, type Registered } from './mocks';

const INDENT = '    ';

function value(input: any): string {
  if (isSecret(input)) return 'SECRET';
  if (Array.isArray(input)) return `[${input.map(value).join(', ')}]`;
  if (input !== null && typeof input === 'object')
    return `{ ${Object.entries(input)
      .map(([key, each]) => `${key}: ${value(each)}`)
      .join(', ')} }`;
  return String(input);
}

const shortType = (type: string): string => type.split(':').pop()!;
const shortTitle = (title: string): string => title.replace(/^\S*:/, '');

/** Formats a graph: each resource with inputs and dependencies, sorted by type and name. */
export function graphText(resources: Registered[]): string {
  const blocks = resources.map(({ type, name, inputs, dependencies, deletedWith }) =>
    [
      `${shortType(type)} ${name}`,
      ...Object.entries(inputs).map(([key, input]) => `${INDENT}${key}: ${value(input)}`),
      ...(dependencies.length > 0
        ? [`${INDENT}after ${[...dependencies].map(shortTitle).sort().join(', ')}`]
        : []),
      ...(deletedWith ? [`${INDENT}goes with ${shortTitle(deletedWith)}`] : []),
    ].join('\n'),
  );
  return `\n${blocks.sort().join('\n')}\n`;
}

/** Returns the type and the name of each resource. */
export const titlesOf = (resources: Registered[]): string[] =>
  resources.map(({ type, name }) => `${type} ${name}`);

/**
 * Returns the resources of a package, such as `aws`, that another graph does not have, or not with
 * the same inputs.
 */
export function addedResources(
  prefix: string,
  { all, others }: Record<'all' | 'others', Registered[]>,
): Registered[] {
  const known = new Set(others.map((one) => graphText([one])));
  return all.filter((one) => one.type.startsWith(`${prefix}:`) && !known.has(graphText([one])));
}
