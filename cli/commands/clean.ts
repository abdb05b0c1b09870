import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Command } from 'commander';
import { cacheDirectory } from '../../util/directories';
import { readIfExists } from '../../util/existing-files';
import { labs as labsOnMachine } from '../../provider/local';
import { Engine } from '../engine';
import { unable, usage } from '../errors';
import { isStackName } from '../lab/name';
import { forgetPools, knownPools } from '../lab/known-pools';
import { found, noteFile } from '../actions/ensure-toolchain';
import { isOurs, prune } from '../../toolchain';
import { print } from '../ui/prompt';

/** Throws a usage Failure while a lab exists on the host: it uses the files to be deleted. */
async function refuseWhileUsed(): Promise<void> {
  const programs = await found();
  const engine = programs && (await Engine.open(programs));
  const stacks = (await engine?.stacks()) ?? [];
  const local = stacks
    .map(({ name }) => name)
    .filter((name) => isStackName(name) && name.split('-')[0] === 'local');
  const labs = [...new Set([...local, ...labsOnMachine()])].sort();
  if (labs.length > 0)
    throw usage(
      `Labs still exist on this host: ${labs.join(', ')}.`,
      labs.map((lab) => `./lab down ${lab}`).join('; '),
    );
}

function removeRoutes(): void {
  const routes = JSON.parse(
    execFileSync('ip', ['-j', '-4', 'route', 'show', 'type', 'blackhole'], { encoding: 'utf8' }),
  ) as { dst: string }[];
  const ours = routes
    .map((route) => route.dst)
    .filter((destination) => knownPools().includes(destination));
  for (const destination of ours) {
    execFileSync('ip', ['route', 'del', 'blackhole', destination]);
    print(`Removed the blackhole route of ${destination}.`);
  }
  if (ours.length === 0) print('No blackhole route of a lab exists.');
  forgetPools();
}

/** Deletes this program's files in the cache, and the directory if it is empty then. */
export function removeCache(): void {
  const directory = cacheDirectory();
  const mounts = fs
    .readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const inside = mounts.find((mount) => mount === directory || mount.startsWith(`${directory}/`));
  if (inside)
    throw unable(`${inside} is mounted, so the cache was not removed.`, `umount ${inside}`);
  if (!fs.existsSync(directory) || fs.readdirSync(directory).length === 0)
    return print('The cache does not exist.');
  // HARDWAY_CACHE may name a directory with the user's own files.
  if (!fs.existsSync(noteFile()))
    throw usage(
      `${directory} does not look like a cache of this program: it was not removed.`,
      `check its content and remove it by hand`,
    );
  const [ours, others] = [true, false].map((wanted) =>
    fs.readdirSync(directory).filter((name) => isOurs(name) === wanted),
  );
  for (const name of ours) fs.rmSync(path.join(directory, name), { recursive: true, force: true });
  // A link to the cache belongs to the user.
  if (others.length === 0 && !fs.lstatSync(directory).isSymbolicLink()) fs.rmdirSync(directory);
  print(
    `Removed the labs' files in ${directory}: the next ./lab start installs the programs again.`,
  );
  if (others.length > 0) print(`Kept other files there: ${others.join(', ')}`);
}

/** Deletes trees, programs and images of versions that this checkout does not use any more. */
async function pruneCache(): Promise<void> {
  const note = JSON.parse(readIfExists(noteFile()) ?? '{}') as Record<string, string>;
  const noted = Object.values(note);
  await prune(noted, (entry) => print(`Removed ${entry}, which no lab uses any more.`));
  print(`Kept the cache (./lab clean --cache removes it): ${cacheDirectory()}`);
}

async function clean({ cache }: { cache?: boolean }): Promise<void> {
  await refuseWhileUsed();
  removeRoutes();
  if (cache) removeCache();
  else await pruneCache();
}

export function register(program: Command): void {
  program
    .command('clean')
    .description(
      "remove unused routes and files: the public pool's blackhole route, old versions in the cache; refuses while labs exist",
    )
    .option('--cache', 'also remove programs, images and the Debian tree')
    .action(clean);
}
