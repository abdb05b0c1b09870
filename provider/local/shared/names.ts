import * as fs from 'node:fs';
import * as path from 'node:path';
import { cloudDirectory } from '../../../util/directories';
import { recordOf } from './lab-register';

// Where a lab's parts are on this machine. A dot separates lab and part: neither may hold one.
const PREFIX = 'hardway.';

/** Directory of a lab's files: where the lab was made, whatever HARDWAY_CLOUD is now. */
export const labDirectory = (lab: string): string =>
  path.join(recordOf(lab)?.cloud ?? cloudDirectory(), 'labs', lab);
export const nodeDirectory = (lab: string, node: string): string =>
  path.join(labDirectory(lab), 'nodes', node);

/** Name of a node's, or the router's, network namespace. */
export const namespaceOf = (lab: string, part: string): string => `${PREFIX}${lab}.${part}`;
export const routerOf = (lab: string): string => namespaceOf(lab, 'router');

/** The part of a namespace's name behind the lab's, or undefined for a namespace that isn't this lab's. */
export function partOf(lab: string, namespace: string): string | undefined {
  const start = `${PREFIX}${lab}.`;
  return namespace.startsWith(start) ? namespace.slice(start.length) : undefined;
}

const NAMESPACES = '/run/netns';

export const namespaceExists = (name: string): boolean =>
  fs.existsSync(path.join(NAMESPACES, name));

/** All network namespaces of a lab, by name. */
export function namespacesOf(lab: string): string[] {
  if (!fs.existsSync(NAMESPACES)) return [];
  return fs.readdirSync(NAMESPACES).filter((name) => partOf(lab, name) !== undefined);
}
