/**
 * Whether an `up` has anything to do that looking at the lab doesn't show. An engine is a program of its own, and starting
 * it, the Pulumi program and two plugins only to hear that nothing changed is most of what such an `up` costs. What they
 * would say follows from the program's sources, the config and the state: while all three are those that the last `up`
 * ended with, it is known already.
 */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { toolchainPaths } from '../../toolchain/paths';
import { cloudDirectory } from '../../util/directories';
import { root } from '../../util/repo-root';
import { labFiles } from '../lab/files';
import { stackFile } from './project';
import type { Snapshot } from './snapshot';

/** All that the Pulumi program and its plugins are made of. */
const SOURCES = [
  'index.ts',
  'Pulumi.yaml',
  'package-lock.json',
  'bin',
  'util',
  'toolchain',
  'provider',
  'command-plugin',
  'components',
];

function* filesOf(place: string): Generator<string> {
  if (!fs.statSync(place).isDirectory()) return yield place;
  for (const entry of fs.readdirSync(place).sort()) yield* filesOf(path.join(place, entry));
}

/** One line that is the same exactly when program, config and state are. */
function fingerprint(stack: string, snapshot: Snapshot): string {
  const hash = crypto.createHash('sha256');
  const files = [
    ...SOURCES.flatMap((source) => [...filesOf(path.join(root, source))]),
    stackFile(stack),
  ];
  for (const file of files)
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(fs.readFileSync(file))
      .update('\0');
  const host = stack.startsWith('local') ? [toolchainPaths(), cloudDirectory()] : [];
  hash.update(JSON.stringify([...host, snapshot.digest]));
  return `${hash.digest('hex')}\n`;
}

const record = (stack: string): string => path.join(labFiles(stack).directory, 'applied');

/** Notes that an `up` ended well with this state. */
export const noteApplied = (stack: string, snapshot: Snapshot): void =>
  fs.writeFileSync(record(stack), fingerprint(stack, snapshot), { mode: 0o600 });

/** Whether nothing changed since the last `up` that ended well: neither the program nor its config nor the state. */
export const isApplied = (stack: string, snapshot: Snapshot): boolean =>
  fs.existsSync(record(stack)) &&
  fs.readFileSync(record(stack), 'utf8') === fingerprint(stack, snapshot);
