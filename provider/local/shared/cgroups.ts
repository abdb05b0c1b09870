import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  listKernelDirectory,
  readKernelFile,
  removeKernelDirectory,
} from '../../../util/kernel-files';
import { attempt } from './command';

// Control groups of labs. One group holds all labs, one each lab, and below it one each node and
// the services in the router. On cgroup v2 under systemd, which owns the hierarchy, systemd creates
// them: a lab is a slice.

const ROOT = '/sys/fs/cgroup';
/** Group of the router's services. It cannot collide with nodes: their names end with a number. */
export const ROUTER = 'router';

export const hostRunsSystemd = (): boolean => fs.existsSync('/run/systemd/system');
export const isVersion2 = (): boolean => fs.existsSync(path.join(ROOT, 'cgroup.controllers'));
export const hasSlices = (): boolean => hostRunsSystemd() && isVersion2();

export const unitOf = (lab: string, name: string): string => `hardway-${lab}-${name}.service`;
/**
 * Returns the slice of a lab. A hyphen in a slice's name means "child of": without the escape,
 * `local-s01` would be in `local`.
 */
export function sliceOf(lab = ''): string {
  if (lab) return `hardway-${lab.replaceAll('-', '\\x2d')}.slice`;
  return 'hardway.slice';
}

/**
 * Returns the path, below any hierarchy's root, of the group of all labs, of a lab, or of a part of
 * a lab.
 */
export function groupOf(lab = '', name = ''): string {
  if (!hasSlices()) return path.join('hardway', lab, name);
  return path.join(sliceOf(), lab && sliceOf(lab), name && unitOf(lab, name));
}

/** Returns the roots of the hierarchies: one per controller on cgroup v1. */
function hierarchies(): string[] {
  if (isVersion2()) return [ROOT];
  return listKernelDirectory(ROOT)
    .map((entry) => path.join(ROOT, entry.name))
    .filter((hierarchy) => fs.existsSync(path.join(hierarchy, 'cgroup.procs')));
}

/**
 * Reads a setting of a group by file name. On cgroup v1 the first part of the name is the
 * controller. Returns `undefined` if the kernel has no such file.
 */
export function readSetting(group: string, file: string): string | undefined {
  try {
    return fs.readFileSync(settingFile(group, file), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Writes a setting of a group. Throws an Error with the kernel's error code. */
export const writeSetting = (group: string, file: string, value: string): void =>
  fs.writeFileSync(settingFile(group, file), value);

export function settingFile(group: string, file: string): string {
  if (isVersion2()) return path.join(ROOT, group, file);
  return path.join(ROOT, file.split('.')[0], group, file);
}

/** Returns a group's directories, one per hierarchy. */
const directories = (group: string): string[] =>
  hierarchies()
    .map((hierarchy) => path.join(hierarchy, group))
    .filter((directory) => fs.existsSync(directory));

export const groupExists = (group: string): boolean => directories(group).length > 0;

/** Enables limits on the groups below a directory, on cgroup v2. */
function boundBelow(directory: string): void {
  const controllers = fs.readFileSync(path.join(directory, 'cgroup.controllers'), 'utf8').trim();
  try {
    fs.writeFileSync(
      path.join(directory, 'cgroup.subtree_control'),
      controllers.replace(/\w+/g, '+$&'),
    );
  } catch (error) {
    throw new Error(
      `can't set limits below the control group ${directory}: it has its own processes (${(error as Error).message})`,
    );
  }
}

/** Creates the group and its parents in every hierarchy. Not for slices, which systemd creates. */
export function makeGroup(group: string): void {
  for (const hierarchy of hierarchies()) {
    let directory = hierarchy;
    for (const part of group.split('/')) {
      if (isVersion2()) boundBelow(directory);
      const above = directory;
      directory = path.join(directory, part);
      fs.mkdirSync(directory, { recursive: true });
      // These are empty in a new group of cgroup v1, and the group accepts no process until they
      // are set.
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        const inherited = path.join(above, file);
        if (!isVersion2() && fs.existsSync(inherited))
          fs.writeFileSync(path.join(directory, file), fs.readFileSync(inherited));
      }
    }
  }
}

/**
 * Returns the ids of the processes in a group and the groups below it. A group that is removed
 * meanwhile has none.
 */
export function members(directory: string): number[] {
  const own = (readKernelFile(path.join(directory, 'cgroup.procs')) ?? '')
    .split('\n')
    .filter(Boolean)
    .map(Number);
  const below = listKernelDirectory(directory).filter((entry) => entry.isDirectory());
  return [...own, ...below.flatMap((entry) => members(path.join(directory, entry.name)))];
}

/** Returns the ids of all processes of a lab, or of one node. */
export const processesOf = (lab: string, name = ''): number[] => [
  ...new Set(directories(groupOf(lab, name)).flatMap(members)),
];

function removeDirectory(directory: string): void {
  for (const entry of listKernelDirectory(directory))
    if (entry.isDirectory()) removeDirectory(path.join(directory, entry.name));
  removeKernelDirectory(directory);
}

/**
 * Removes the empty groups of a lab, or of one node. A group with a process stays, and the audit
 * reports it.
 */
export async function removeGroups(lab: string, name = ''): Promise<void> {
  if (hasSlices()) {
    if (!name) await removeSlices(lab);
    return;
  }
  for (const directory of directories(groupOf(lab, name))) {
    try {
      removeDirectory(directory);
      // Removes the group of all labs with the last one. While another lab exists, this throws.
      if (!name) fs.rmdirSync(path.dirname(directory));
    } catch {
      continue;
    }
  }
}

/** Like `removeGroups`, for slices. Also removes their settings from systemd. */
async function removeSlices(lab: string): Promise<void> {
  const remove = async (slice: string): Promise<void> => {
    await attempt('systemctl', ['stop', slice]);
    await attempt('systemctl', ['revert', slice]);
  };
  await remove(sliceOf(lab));
  const remaining = directories(groupOf()).flatMap((directory) =>
    listKernelDirectory(directory).filter((entry) => entry.isDirectory()),
  );
  if (remaining.length === 0) await remove(sliceOf());
}

/** Returns the command that starts a program inside the group of the lab's router. */
export function inRouterGroup(lab: string, program: string, args: string[]): [string, string[]] {
  if (hasSlices())
    return [
      'systemd-run',
      ['--quiet', '--scope', '--collect', `--slice=${sliceOf(lab)}`, program, ...args],
    ];
  const enter =
    'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"';
  return ['sh', ['-c', enter, 'sh', ...directories(groupOf(lab, ROUTER)), '--', program, ...args]];
}
