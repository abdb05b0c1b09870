import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cachePath } from './cache';
import { runOrThrow } from './run';

/**
 * How an artifact was obtained. Stored in the artifact as origin.json, for `lab doctor` and for
 * readers.
 */
export interface Origin {
  how: 'official' | 'built';
  /** Official URLs with their verified digests; or the inputs of a build. */
  from: string[];
  seconds: number;
  /** Size of each file in bytes, to detect a truncated file. */
  files: Record<string, number>;
}

/**
 * Returns the first 16 hexadecimal digits of the SHA-256 of the parts. Each part's length is hashed
 * too, so that parts cannot run together.
 */
export function shortDigest(parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}

/**
 * Returns path and content of each file below `directory`, sorted, as input for a recipe's digest.
 * Files that match `without` are skipped.
 */
export function recipeFiles(directory: string, without: RegExp = /^$/): (string | Buffer)[] {
  const names = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return names
    .filter((name) => !without.test(name) && fs.statSync(path.join(directory, name)).isFile())
    .flatMap((name) => [name, fs.readFileSync(path.join(directory, name))]);
}

/** Returns `CACHE/KIND/NAME`. An artifact is complete as soon as this path exists. */
export const artifactPath = (
  kind: 'programs' | 'images' | 'trees' | 'store' | 'rehearsal',
  name: string,
): string => cachePath(kind, name);

const partialDirectory = (): string => cachePath('partial');

/** Returns the log file for the download or build called `name`. */
export const logFile = (name: string): string => cachePath('logs', `${name}.log`);

/**
 * Reads the origin of an artifact. Returns `undefined` if the artifact is missing or incomplete.
 */
export function readOrigin(directory: string): Origin | undefined {
  try {
    const origin = JSON.parse(
      fs.readFileSync(path.join(directory, 'origin.json'), 'utf8'),
    ) as Origin;
    const whole = Object.entries(origin.files).every(
      ([file, size]) => fs.statSync(path.join(directory, file)).size === size,
    );
    if (whole) return origin;
    return undefined;
  } catch {
    return undefined;
  }
}

/**
 * Creates an artifact. `fill` writes to a temporary directory on the same file system; the
 * directory gets its final name after all data is on the disk. An incomplete directory of that name
 * is moved away. The caller must hold the store's lock.
 */
export async function storeArtifact(
  target: string,
  fill: (directory: string) => Promise<void>,
): Promise<string> {
  const partial = path.join(partialDirectory(), `${path.basename(target)}.${process.pid}`);
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial, { recursive: true });
  try {
    await fill(partial);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    throw error;
  }
  await runOrThrow('syncing the cache to disk', 'sync', ['--file-system', partial]);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (fs.existsSync(target))
    fs.renameSync(
      target,
      path.join(partialDirectory(), `${path.basename(target)}.broken.${process.pid}`),
    );
  fs.renameSync(partial, target);
  return target;
}

/** Writes origin.json for the current files of `directory`. */
export function writeOrigin(directory: string, origin: Omit<Origin, 'files'>): void {
  const names = fs
    .readdirSync(directory)
    .filter((name) => fs.statSync(path.join(directory, name)).isFile());
  const files = Object.fromEntries(
    names.map((name) => [name, fs.statSync(path.join(directory, name)).size]),
  );
  fs.writeFileSync(
    path.join(directory, 'origin.json'),
    JSON.stringify({ ...origin, files }, null, 2),
  );
}

/** Removes incomplete artifacts of interrupted commands. The caller must hold the store's lock. */
export function sweepPartial(): void {
  fs.rmSync(partialDirectory(), { recursive: true, force: true });
}
