import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cachePath } from './cache';
import { must } from './run';

/** How an artifact was obtained; kept in it as origin.json, for doctor and for people. */
export interface Origin {
  how: 'official' | 'built';
  /** Official addresses with the digests that were verified; or what it was built with. */
  from: string[];
  seconds: number;
  /** Bytes of each file, to notice one that was cut off. */
  files: Record<string, number>;
}

/** The first 16 hexadecimal digits of the SHA-256 over the parts, each told apart from the next. */
export function shortDigest(parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}

/** Path and content of each file below `directory` but those that decide nothing, sorted: what a recipe's digest is made of. */
export function recipeFiles(directory: string, without: RegExp = /^$/): (string | Buffer)[] {
  const names = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return names
    .filter((name) => !without.test(name) && fs.statSync(path.join(directory, name)).isFile())
    .flatMap((name) => [name, fs.readFileSync(path.join(directory, name))]);
}

/** `CACHE/KIND/NAME`; what it holds counts only once it is there under this name. */
export const artifactPath = (
  kind: 'programs' | 'images' | 'trees' | 'store' | 'rehearsal',
  name: string,
): string => cachePath(kind, name);

const partialDirectory = (): string => cachePath('partial');

/** Where the output of a download or build named `name` is kept. */
export const logFile = (name: string): string => cachePath('logs', `${name}.log`);

/** How the artifact at `directory` was made, or undefined where there is none that is whole. */
export function readOrigin(directory: string): Origin | undefined {
  try {
    const origin = JSON.parse(
      fs.readFileSync(path.join(directory, 'origin.json'), 'utf8'),
    ) as Origin;
    const whole = Object.entries(origin.files).every(
      ([file, size]) => fs.statSync(path.join(directory, file)).size === size,
    );
    return whole ? origin : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes an artifact: `fill` writes it into a directory of the same file system, and only when all of it is on the disk
 * does it get its name. A directory under that name that isn't whole is moved away. Call it under the store's lock.
 */
export async function commit(
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
  await must('writing to the disk', 'sync', ['--file-system', partial]);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (fs.existsSync(target))
    fs.renameSync(
      target,
      path.join(partialDirectory(), `${path.basename(target)}.broken.${process.pid}`),
    );
  fs.renameSync(partial, target);
  return target;
}

/** Writes origin.json for the files that are in `directory` now. */
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

/** Removes what interrupted commands left half-made. Call it under the store's lock. */
export function sweepPartial(): void {
  fs.rmSync(partialDirectory(), { recursive: true, force: true });
}
