/**
 * Decides whether `up` can skip the engine. Most of the time of an `up` without changes is the
 * start of the engine, the Pulumi program and two plugins. Their result follows from the program's
 * sources, the config and the state. If all three are unchanged since the last `up`, nothing is to
 * do.
 */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { toolchainPaths } from '../../toolchain';
import { cloudDirectory } from '../../util/directories';
import { root } from '../../util/repo-root';
import { labFiles } from '../lab/files';
import { stackFile } from './project';
import type { Snapshot } from './snapshot';

/** Sources of the Pulumi program and its plugins. */
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

/** Returns a digest of program, config and state. */
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
  const inputs: unknown[] = [snapshot.digest];
  if (stack.startsWith('local')) inputs.unshift(toolchainPaths(), cloudDirectory());
  hash.update(JSON.stringify(inputs));
  return `${hash.digest('hex')}\n`;
}

const record = (stack: string): string => path.join(labFiles(stack).directory, 'applied');

/** Records that an `up` succeeded with this state. */
export const saveFingerprint = (stack: string, snapshot: Snapshot): void =>
  fs.writeFileSync(record(stack), fingerprint(stack, snapshot), { mode: 0o600 });

/** Returns whether program, config and state are unchanged since the last successful `up`. */
export const isUnchanged = (stack: string, snapshot: Snapshot): boolean =>
  fs.existsSync(record(stack)) &&
  fs.readFileSync(record(stack), 'utf8') === fingerprint(stack, snapshot);
