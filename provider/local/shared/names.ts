import * as fs from 'node:fs';
import * as path from 'node:path';
import { cloudDirectory } from '../../../util/directories';
import { recordOf } from './lab-register';

// Paths and names of a lab's parts on the host. A dot separates lab and part, so neither contains a
// dot.
const PREFIX = 'hardway.';

/** Returns the directory of a lab's files. It stays the same if HARDWAY_CLOUD changes. */
export const labDirectory = (lab: string): string =>
  path.join(recordOf(lab)?.cloud ?? cloudDirectory(), 'labs', lab);
export const nodeDirectory = (lab: string, node: string): string =>
  path.join(labDirectory(lab), 'nodes', node);

/** Returns the network namespace of a node, or of the router. */
export const namespaceOf = (lab: string, part: string): string => `${PREFIX}${lab}.${part}`;
export const routerOf = (lab: string): string => namespaceOf(lab, 'router');

/**
 * Returns the part in a namespace's name, such as `worker-0`; `undefined` for a namespace of
 * another lab.
 */
export function partOf(lab: string, namespace: string): string | undefined {
  const start = `${PREFIX}${lab}.`;
  if (namespace.startsWith(start)) return namespace.slice(start.length);
  return undefined;
}

const NAMESPACES = '/run/netns';

export const namespaceExists = (name: string): boolean =>
  fs.existsSync(path.join(NAMESPACES, name));

/** Returns the names of all network namespaces of a lab. */
export function namespacesOf(lab: string): string[] {
  if (!fs.existsSync(NAMESPACES)) return [];
  return fs.readdirSync(NAMESPACES).filter((name) => partOf(lab, name) !== undefined);
}
