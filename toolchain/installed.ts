import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDirectory } from '../util/directories';
import { cachePath } from './cache';
import { component } from './manifest';
import { run } from './run';

/** A program that this machine has by itself. */
export interface Installed {
  path: string;
  version: string;
}

/** The oldest Pulumi that heeds PULUMI_OPTION_CWD, by which plain pulumi finds the labs (cli/engine/project.ts). */
const OLDEST_PULUMI = [3, 208];

/** Whether a `pulumi` of that version can drive a lab: version 3, from 3.208 on. */
export function fittingPulumi(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major === OLDEST_PULUMI[0] && minor >= OLDEST_PULUMI[1];
}

/** Whether a `kubectl` of that version fits the cluster: Kubernetes supports one minor version older or newer. */
export function fittingKubectl(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = component('kubernetes').version.split('.').map(Number);
  return major === wantedMajor && Math.abs(minor - wantedMinor) <= 1;
}

/** First executable of that name on PATH that isn't one of our own store. */
function onPath(name: string): string | undefined {
  for (const directory of (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((one) => path.isAbsolute(one))) {
    const file = path.join(directory, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (!fs.realpathSync(file).startsWith(`${cacheDirectory()}${path.sep}`)) return file;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** Asking costs a second for some programs: the answer is kept for as long as the file is the same. */
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

/** Only in a cache that is there and may be written: doctor asks too, which makes nothing and may not be root. */
function remember(file: string, content: Record<string, string>): void {
  try {
    fs.writeFileSync(`${file}.${process.pid}`, JSON.stringify(content));
    fs.renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Asked again the next time.
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
  return version !== undefined && fits(version) ? { path: file, version } : undefined;
}

/** The machine's own Pulumi, if it fits and has its language host for Node.js. */
export async function installedPulumi(): Promise<
  (Installed & { languageHost: string }) | undefined
> {
  const languageHost = onPath('pulumi-language-nodejs');
  if (languageHost === undefined) return undefined;
  const found = await fitting('pulumi', ['version'], /^v?(\d+\.\d+\.\d+)\s*$/m, fittingPulumi);
  return found && { ...found, languageHost };
}

/** The machine's own kubectl, if it fits. */
export const installedKubectl = (): Promise<Installed | undefined> =>
  fitting('kubectl', ['version', '--client'], /Client Version: v(\d+\.\d+\.\d+)/, fittingKubectl);
