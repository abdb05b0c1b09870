import * as fs from 'node:fs';
import * as os from 'node:os';
import { run } from '../shared/command';
import {
  groupExists,
  groupOf,
  hasSlices,
  isVersion2,
  makeGroup,
  readSetting,
  ROUTER,
  sliceOf,
  writeSetting,
} from '../shared/cgroups';

// Resource limits of a lab, set on its control group. The group is invisible in nodes: each node
// sees its own group as the root, and root there can only lower limits.

/** Limits for all processes of a group together. */
export interface Bounds {
  /** Memory in bytes, a multiple of MIB. Page cache counts. Swap is not available. */
  memoryLimit: number;
  /** Number of processes and threads. */
  processLimit: number;
}

const MIB = 2 ** 20;
const kernelLimit = (name: string): number =>
  Number(fs.readFileSync(`/proc/sys/kernel/${name}`, 'utf8'));

/** Returns the limits of all labs together, which leave the rest to the host. */
const ofAllLabs = (): Bounds => ({
  memoryLimit: Math.floor((os.totalmem() * 0.9) / MIB) * MIB,
  processLimit: Math.floor(Math.min(kernelLimit('pid_max'), kernelLimit('threads-max')) / 2),
});

/** CPU weight of every lab: the kernel's default, so that labs share busy processors equally. */
const SHARE = { version1: '1024', version2: '100' };

/**
 * Returns the limits as files and values of the control group, in the order in which they can be
 * set.
 */
function settings({ memoryLimit, processLimit }: Bounds): [file: string, value: string][] {
  const memory = String(memoryLimit);
  const processes = String(processLimit);
  if (isVersion2())
    return [
      ['memory.max', memory],
      ['memory.swap.max', '0'],
      ['pids.max', processes],
      ['cpu.weight', SHARE.version2],
    ];
  // memsw: memory and swap together.
  return [
    ['memory.limit_in_bytes', memory],
    ['memory.memsw.limit_in_bytes', memory],
    ['pids.max', processes],
    ['cpu.shares', SHARE.version1],
  ];
}

/**
 * Returns whether a setting of a group holds the limit. All labs together may have a lower limit of
 * processes: since Linux 6.14, `kernel.pid_max` belongs to a PID namespace (merge of tag
 * kernel-6.14-rc1.pid), so a lab in a container computes another one. The lowest holds for all.
 */
function isHeld(
  group: string,
  { file, value, found }: Record<'file' | 'value' | 'found', string>,
): boolean {
  if (found === value) return true;
  return group === groupOf() && file === 'pids.max' && Number(found) < Number(value);
}

/**
 * Returns the settings of a group that differ from the limits. Ignores settings that this kernel
 * lacks.
 */
const different = (
  group: string,
  bounds: Bounds,
): { file: string; value: string; found: string }[] =>
  settings(bounds).flatMap(([file, value]) => {
    const found = readSetting(group, file);
    if (found === undefined || isHeld(group, { file, value, found })) return [];
    return [{ file, value, found }];
  });

function bound(group: string, bounds: Bounds): void {
  const changes = different(group, bounds);
  const swap = 'memory.memsw.limit_in_bytes';
  // The limit with swap must not be below the memory limit, so it is lifted during the change.
  if (
    changes.some(({ file }) => file.startsWith('memory.')) &&
    readSetting(group, swap) !== undefined
  )
    writeSetting(group, swap, '-1');
  for (const { file, value } of different(group, bounds)) {
    try {
      writeSetting(group, file, value);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const refused = `${file} of the control group ${group} can't be set to ${value}`;
      if (code === 'EBUSY') throw new Error(`${refused}: more is in use, stop processes first`);
      throw new Error(`${refused}: ${message}`);
    }
  }
}

async function boundSlice(slice: string, { memoryLimit, processLimit }: Bounds): Promise<void> {
  const properties = [
    `MemoryMax=${memoryLimit}`,
    'MemorySwapMax=0',
    `TasksMax=${processLimit}`,
    `CPUWeight=${SHARE}`,
  ];
  await run('systemctl', ['set-property', '--runtime', slice, ...properties]);
  await run('systemctl', ['start', slice]);
}

/**
 * Creates the lab's group and sets its limits and those of all labs. Throws if more is already in
 * use.
 */
export async function boundLab(lab: string, bounds: Bounds): Promise<void> {
  if (hasSlices()) {
    await boundSlice(sliceOf(), ofAllLabs());
    await boundSlice(sliceOf(lab), bounds);
  } else {
    makeGroup(groupOf(lab, ROUTER));
    bound(groupOf(), ofAllLabs());
    bound(groupOf(lab), bounds);
  }
}

/** Describes the drift of the limits; '' if there is none. */
export function boundsDrift(lab: string, bounds: Bounds): string {
  const groups = [
    [groupOf(), ofAllLabs()],
    [groupOf(lab), bounds],
  ] as const;
  return groups
    .flatMap(([group, limits]) => {
      if (!groupExists(group)) return [`its control group ${group} is missing`];
      return different(group, limits).map(
        ({ file, value, found }) =>
          `${file} of its control group ${group} is ${found}, not ${value}`,
      );
    })
    .join('; ');
}
