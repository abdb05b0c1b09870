import { CLOUDS, type CloudName } from '../../components/config';
import { LONGEST_LAB_NAME } from '../../util/lab-name';
import { textIf } from '../../util/optional';
import { usage } from '../errors';
import { distance } from '../../util/suggest';

/** A lab as its NAME on the command line describes it. */
export interface LabRef {
  /** The Pulumi stack: `local`, `aws-s01`, … */
  stack: string;
  cloud: CloudName;
}

export const DEFAULT_LAB = 'local';

/**
 * Returns the NAME argument for a command line, with a leading space; empty for the default lab.
 */
export const labArgument = ({ stack }: Pick<LabRef, 'stack'>): string =>
  textIf(stack !== DEFAULT_LAB, ` ${stack}`);

/** Words with another meaning on a command line. No lab may have one of them as its id. */
const RESERVED = new Set([
  ...[
    'setup',
    'start',
    'up',
    'verify',
    'walk',
    'drill',
    'tour',
    'ssh',
    'kubectl',
    'status',
    'list',
    'down',
    'clean',
    'doctor',
    'audit',
    'env',
    'recreate',
    'reset',
    'extend',
    'reap',
    'save',
    'restore',
    'checkpoints',
    'help',
  ],
  ...['all', 'lab', 'labs', 'class', 'node', 'nodes', 'controller', 'worker', 'router'],
]);

/** Names of clouds and tools that users may try. No student has such a name. */
const NO_CLOUD = new Set([
  'azure',
  'gce',
  'gke',
  'eks',
  'aks',
  'ec2',
  'amazon',
  'google',
  'gcloud',
  'docker',
  'kind',
  'default',
]);

export const isNodeName = (text: string): boolean => /^(controller|worker)-\d+$/.test(text);

/** Returns whether the text is the full name of a stack, such as `aws-s01`. */
export const isStackName = (text: string): boolean =>
  new RegExp(`^(${CLOUDS.join('|')})(-|$)`).test(text);

/**
 * Returns whether commands accept the stack as a lab. Plain pulumi can create stacks with other
 * names.
 */
export function isLab(stack: string): boolean {
  if (!isStackName(stack)) return false;
  try {
    return parseLab(stack).stack === stack;
  } catch {
    return false;
  }
}

/** Throws a usage Failure if `id` can't be a lab's id. `name` is the text that the user typed. */
export function checkId(id: string, name = id): void {
  if (isNodeName(id))
    throw usage(`"${name}" is not a lab's name: ${id} is a node's.`, `./lab ssh ${id}`);
  if (RESERVED.has(id))
    throw usage(
      `"${name}" can't be a lab's name: "${id}" is a reserved word.`,
      'no NAME for the lab called local, or another NAME, such as s01',
    );
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) {
    const fitting = name
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter(Boolean)
      .join('-');
    throw usage(
      `"${name}" is not a lab's name: lower-case letters, digits and single hyphens between them, such as s01 or aws-s01.`,
      name.includes('=')
        ? `./lab up --set ${name}`
        : `${fitting === '' || RESERVED.has(fitting) ? 'no NAME for the lab called local, or another NAME' : `${fitting} would be one`}`,
    );
  }
}

/** Throws a usage Failure if the stack of `name` would be longer than a lab's name can be. */
export function checkLength(stack: string, name: string): void {
  if (stack.length <= LONGEST_LAB_NAME) return;
  const shorter = name.slice(0, name.indexOf('-') + 13).replace(/-$/, '');
  throw usage(
    `"${name}" is too long for a lab's name: "${stack}" has ${stack.length} characters, and the limit is ${LONGEST_LAB_NAME}.`,
    `${isStackName(name) ? shorter : name.slice(0, 12).replace(/-$/, '')} would be one`,
  );
}

/**
 * Parses NAME: `local`, `aws`, `gcp`, one of these with `-ID`, or an ID alone, which means
 * `local-ID`. Throws a usage Failure for node names, reserved words and invalid stack names.
 */
export function parseLab(name: string = DEFAULT_LAB): LabRef {
  const [cloud] = name.split('-', 1) as [CloudName];
  if ((CLOUDS as readonly string[]).includes(name)) return { stack: name, cloud };
  if (!isStackName(name)) {
    if (NO_CLOUD.has(name))
      throw usage(
        `"${name}" is not a cloud for labs: use ${CLOUDS.join(', ')}.`,
        'one of these clouds, alone or with an id, such as local-s01',
      );
    // A typing mistake would create another lab.
    if (distance(name, DEFAULT_LAB) === 1)
      throw usage(
        `"${name}" is one letter away from "${DEFAULT_LAB}".`,
        `${DEFAULT_LAB}, or no NAME; for a lab of that name, ${DEFAULT_LAB}-${name}`,
      );
    checkId(name, name);
    checkLength(`${DEFAULT_LAB}-${name}`, name);
    return { stack: `${DEFAULT_LAB}-${name}`, cloud: 'local' };
  }
  checkId(name.slice(cloud.length + 1), name);
  checkLength(name, name);
  return { stack: name, cloud };
}
