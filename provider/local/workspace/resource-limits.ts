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

// What a lab may take of this machine, set on the group that all of it is in. Nobody in a node can see that group: each
// node sees its own as the root of all, and what root there writes is only ever less than this.

/** What processes may take together. */
export interface Bounds {
  /** Bytes, a multiple of MIB; page cache counts, and swap they get none. */
  memoryLimit: number;
  /** Processes and threads. */
  processLimit: number;
}

const MIB = 2 ** 20;
const kernelLimit = (name: string): number =>
  Number(fs.readFileSync(`/proc/sys/kernel/${name}`, 'utf8'));

/** Of all labs together: what is left is this machine's own, whatever labs do. */
const ofAllLabs = (): Bounds => ({
  memoryLimit: Math.floor((os.totalmem() * 0.9) / MIB) * MIB,
  processLimit: Math.floor(Math.min(kernelLimit('pid_max'), kernelLimit('threads-max')) / 2),
});

/** The same share of the processors for every lab, as soon as they are asked for more than there is: the kernel's own default. */
const SHARE = isVersion2() ? '100' : '1024';

/** The bounds as the kernel has them: file and value, in the order in which they can be set. */
function settings({ memoryLimit, processLimit }: Bounds): [file: string, value: string][] {
  const [memory, processes] = [String(memoryLimit), String(processLimit)];
  return isVersion2()
    ? [
        ['memory.max', memory],
        ['memory.swap.max', '0'],
        ['pids.max', processes],
        ['cpu.weight', SHARE],
      ]
    : // memsw: memory and swap together.
      [
        ['memory.limit_in_bytes', memory],
        ['memory.memsw.limit_in_bytes', memory],
        ['pids.max', processes],
        ['cpu.shares', SHARE],
      ];
}

/** Settings of a group that are otherwise, of those that this kernel has. */
const different = (
  group: string,
  bounds: Bounds,
): { file: string; value: string; found: string }[] =>
  settings(bounds).flatMap(([file, value]) => {
    const found = readSetting(group, file);
    return found === undefined || found === value ? [] : [{ file, value, found }];
  });

function bound(group: string, bounds: Bounds): void {
  const wanted = different(group, bounds);
  const swap = 'memory.memsw.limit_in_bytes';
  // It may never be less than the other, so it is out of the way while that one changes.
  if (
    wanted.some(({ file }) => file.startsWith('memory.')) &&
    readSetting(group, swap) !== undefined
  )
    writeSetting(group, swap, '-1');
  for (const { file, value } of different(group, bounds)) {
    try {
      writeSetting(group, file, value);
    } catch (error) {
      const inUse = (error as NodeJS.ErrnoException).code === 'EBUSY';
      throw new Error(
        `${file} of the control group ${group} can't be ${value}: ${inUse ? 'more is in use, which has to end first' : (error as Error).message}`,
      );
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

/** Makes the lab's group, and sets its bounds and those of all labs. Throws where more is in use already. */
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

/** How the bounds are otherwise than they were set, in words; '' where they aren't. */
export function boundsTrouble(lab: string, bounds: Bounds): string {
  const groups = [
    [groupOf(), ofAllLabs()],
    [groupOf(lab), bounds],
  ] as const;
  return groups
    .flatMap(([group, wanted]) => {
      if (!groupExists(group)) return [`its control group ${group} is gone`];
      return different(group, wanted).map(
        ({ file, value, found }) =>
          `${file} of its control group ${group} is ${found}, not ${value}`,
      );
    })
    .join('; ');
}
