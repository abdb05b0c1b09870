import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeAtomically } from '../util/atomic-write';
import { cacheDirectory } from '../util/directories';
import { cachePath } from './cache';
import { upstreamProject } from './manifest';
import { run } from './run';

/** A program that is installed on the host, outside the cache. */
export interface Installed {
  path: string;
  version: string;
}

/**
 * Oldest Pulumi that reads PULUMI_OPTION_CWD, which plain `pulumi` needs to find the labs
 * (cli/engine/project.ts).
 */
const OLDEST_PULUMI = [3, 208];

/** Returns true if this version of `pulumi` can drive a lab: 3.208 or a later version 3. */
export function fittingPulumi(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major === OLDEST_PULUMI[0] && minor >= OLDEST_PULUMI[1];
}

/**
 * Returns true if this version of `kubectl` supports the cluster: at most one minor version older
 * or newer.
 */
export function fittingKubectl(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  const [clusterMajor, clusterMinor] = upstreamProject('kubernetes').version.split('.').map(Number);
  return major === clusterMajor && Math.abs(minor - clusterMinor) <= 1;
}

/** Returns the first executable of that name on PATH that is not in this program's cache. */
function onPath(name: string): string | undefined {
  for (const directory of (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((one) => path.isAbsolute(one))) {
    const file = path.join(directory, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (!fs.realpathSync(file).startsWith(`${cacheDirectory()}${path.sep}`)) return file;
    } catch {
      // Not executable, or not in this directory.
    }
  }
  return undefined;
}

/**
 * Returns the version that a program prints. Some programs take a second to answer, so the answer
 * is cached until the file changes.
 */
async function versionOf(
  file: string,
  args: string[],
  pattern: RegExp,
): Promise<string | undefined> {
  const { size, mtimeMs } = fs.statSync(file);
  const key = `${file} ${size} ${mtimeMs}`;
  const memory = cachePath('installed.json');
  const known = readMemory(memory);
  if (key in known) return known[key] || undefined;
  const outcome = await run(file, args, {
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' },
  });
  const version = pattern.exec(outcome.stdout)?.[1] ?? '';
  remember(memory, { ...known, [key]: version });
  return version || undefined;
}

/**
 * Saves the versions. Failures are ignored: `lab doctor` may run without root or without a cache.
 */
function remember(file: string, content: Record<string, string>): void {
  try {
    writeAtomically(file, JSON.stringify(content));
  } catch {
    // The next command asks the program again.
  }
}

function readMemory(file: string): Record<string, string> {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}

async function fitting(
  name: string,
  args: string[],
  pattern: RegExp,
  fits: (version: string) => boolean,
): Promise<Installed | undefined> {
  const file = onPath(name);
  if (file === undefined) return undefined;
  const version = await versionOf(file, args, pattern).catch(() => undefined);
  if (version !== undefined && fits(version)) return { path: file, version };
  return undefined;
}

/**
 * Finds the host's Pulumi. Returns `undefined` if its version is unsuitable or its language host
 * for Node.js is missing.
 */
export async function installedPulumi(): Promise<
  (Installed & { languageHost: string }) | undefined
> {
  const languageHost = onPath('pulumi-language-nodejs');
  if (languageHost === undefined) return undefined;
  const found = await fitting('pulumi', ['version'], /^v?(\d+\.\d+\.\d+)\s*$/m, fittingPulumi);
  return found && { ...found, languageHost };
}

/** Finds the host's kubectl. Returns `undefined` if its version is unsuitable. */
export const installedKubectl = (): Promise<Installed | undefined> =>
  fitting('kubectl', ['version', '--client'], /Client Version: v(\d+\.\d+\.\d+)/, fittingKubectl);
