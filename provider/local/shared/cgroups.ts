import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  listKernelDirectory,
  readKernelFile,
  removeKernelDirectory,
} from '../../../util/kernel-files';
import { attempt } from './command';

// The control groups of labs: all labs are in one, each lab is in one of its own there, and in that each of its machines,
// and what runs in its router. Where systemd owns the one hierarchy of cgroup v2, it makes them: a lab is a slice.

const ROOT = '/sys/fs/cgroup';
/** Beside the machines: names of machines have a number behind them. */
export const ROUTER = 'router';

export const hostRunsSystemd = (): boolean => fs.existsSync('/run/systemd/system');
export const isVersion2 = (): boolean => fs.existsSync(path.join(ROOT, 'cgroup.controllers'));
export const hasSlices = (): boolean => hostRunsSystemd() && isVersion2();

export const unitOf = (lab: string, name: string): string => `hardway-${lab}-${name}.service`;
/** A hyphen in a slice's name means "in the slice of that name": `local-s01` must not be in `local`. */
export const sliceOf = (lab = ''): string =>
  lab ? `hardway-${lab.replaceAll('-', '\\x2d')}.slice` : 'hardway.slice';

/** Path from any hierarchy's root to the group of all labs, of one, or of something in it. */
export function groupOf(lab = '', name = ''): string {
  if (!hasSlices()) return path.join('hardway', lab, name);
  return path.join(sliceOf(), lab && sliceOf(lab), name && unitOf(lab, name));
}

/** The roots of the hierarchies that are here: one a controller on cgroup v1. */
function hierarchies(): string[] {
  if (isVersion2()) return [ROOT];
  return listKernelDirectory(ROOT)
    .map((entry) => path.join(ROOT, entry.name))
    .filter((hierarchy) => fs.existsSync(path.join(hierarchy, 'cgroup.procs')));
}

/** What a group's setting is now, by the file's name: on cgroup v1 its first part is the controller; undefined where the kernel has no such file. */
export function readSetting(group: string, file: string): string | undefined {
  try {
    return fs.readFileSync(settingFile(group, file), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Throws with the kernel's error code. */
export const writeSetting = (group: string, file: string, value: string): void =>
  fs.writeFileSync(settingFile(group, file), value);

const settingFile = (group: string, file: string): string =>
  path.join(ROOT, isVersion2() ? '' : file.split('.')[0], group, file);

/** A group's directories, one a hierarchy. */
const directories = (group: string): string[] =>
  hierarchies()
    .map((hierarchy) => path.join(hierarchy, group))
    .filter((directory) => fs.existsSync(directory));

export const groupExists = (group: string): boolean => directories(group).length > 0;

/** Lets the groups below a directory be bounded, on cgroup v2. */
function boundBelow(directory: string): void {
  const controllers = fs.readFileSync(path.join(directory, 'cgroup.controllers'), 'utf8').trim();
  try {
    fs.writeFileSync(
      path.join(directory, 'cgroup.subtree_control'),
      controllers.replace(/\w+/g, '+$&'),
    );
  } catch (error) {
    throw new Error(
      `the groups below ${directory} can't be bounded as long as it has processes of its own (${(error as Error).message})`,
    );
  }
}

/** Makes the group and those that it is in, in every hierarchy; not for slices, which systemd makes. */
export function makeGroup(group: string): void {
  for (const hierarchy of hierarchies()) {
    let directory = hierarchy;
    for (const part of group.split('/')) {
      if (isVersion2()) boundBelow(directory);
      const above = directory;
      directory = path.join(directory, part);
      fs.mkdirSync(directory, { recursive: true });
      // Empty in a new group of cgroup v1, which then takes no process.
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        const inherited = path.join(above, file);
        if (!isVersion2() && fs.existsSync(inherited))
          fs.writeFileSync(path.join(directory, file), fs.readFileSync(inherited));
      }
    }
  }
}

/** Ids of the processes in a group and the groups below it; a group that is removed meanwhile has none. */
export function members(directory: string): number[] {
  const own = (readKernelFile(path.join(directory, 'cgroup.procs')) ?? '')
    .split('\n')
    .filter(Boolean)
    .map(Number);
  const below = listKernelDirectory(directory).filter((entry) => entry.isDirectory());
  return [...own, ...below.flatMap((entry) => members(path.join(directory, entry.name)))];
}

/** Ids of all processes in a lab's, or one machine's, groups. */
export const processesOf = (lab: string, name = ''): number[] => [
  ...new Set(directories(groupOf(lab, name)).flatMap(members)),
];

function removeDirectory(directory: string): void {
  for (const entry of listKernelDirectory(directory))
    if (entry.isDirectory()) removeDirectory(path.join(directory, entry.name));
  removeKernelDirectory(directory);
}

/** Removes the empty groups of a lab, or of one machine; one that still has a process stays, for the audit to find. */
export async function removeGroups(lab: string, name = ''): Promise<void> {
  if (hasSlices()) return name ? undefined : removeSlices(lab);
  for (const directory of directories(groupOf(lab, name))) {
    try {
      removeDirectory(directory);
      // That of all labs goes with the last one; while there is another, this throws and it stays.
      if (!name) fs.rmdirSync(path.dirname(directory));
    } catch {
      continue;
    }
  }
}

/** The same for slices, with what systemd remembers of them. */
async function removeSlices(lab: string): Promise<void> {
  const remove = async (slice: string): Promise<void> => {
    await attempt('systemctl', ['stop', slice]);
    await attempt('systemctl', ['revert', slice]);
  };
  await remove(sliceOf(lab));
  const rest = directories(groupOf()).flatMap((directory) =>
    listKernelDirectory(directory).filter((entry) => entry.isDirectory()),
  );
  if (rest.length === 0) await remove(sliceOf());
}

/** How to start a program so that it is in the group of the lab's router from its first moment. */
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
