import { spawn } from 'node:child_process';
import { poll } from '../../../util/poll';
import { groupOf, isVersion2, readSetting, settingFile, writeSetting } from './cgroups';

// Pauses all processes of a lab, so that the disks of its nodes can be copied at one moment.

interface Freezer {
  /** Setting of a group that pauses and continues its processes. */
  setting: string;
  freeze: string;
  thaw: string;
  isFrozen(group: string): boolean;
}

function freezer(): Freezer {
  if (isVersion2())
    return {
      setting: 'cgroup.freeze',
      freeze: '1',
      thaw: '0',
      isFrozen: (group) => /^frozen 1$/m.test(readSetting(group, 'cgroup.events') ?? ''),
    };
  return {
    setting: 'freezer.state',
    freeze: 'FROZEN',
    thaw: 'THAWED',
    isFrozen: (group) => readSetting(group, 'freezer.state') === 'FROZEN',
  };
}

/** Milliseconds for all processes to stop: some may wait for a disk. */
const LIMIT = 10_000;

/**
 * Continues the processes of a lab that a killed command left paused. On cgroup v1, a paused
 * process does not even end by SIGKILL.
 */
export function thaw(lab: string): void {
  const { setting, thaw: value } = freezer();
  const now = readSetting(groupOf(lab), setting);
  if (now !== undefined && now !== value) writeSetting(groupOf(lab), setting, value);
}

/**
 * Does `work` while all processes of a lab are paused. Throws if the lab can't be paused. A helper
 * process continues the lab if this process is killed: its standard input ends then.
 */
export async function whileFrozen<T>(lab: string, work: () => Promise<T>): Promise<T> {
  const { setting, freeze, thaw: value, isFrozen } = freezer();
  const group = groupOf(lab);
  if (readSetting(group, setting) === undefined)
    throw new Error(`the kernel can't pause lab ${lab}: its control group has no ${setting}`);
  const guard = spawn(
    'sh',
    ['-c', 'cat; printf %s "$1" > "$2"', 'sh', value, settingFile(group, setting)],
    { detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  try {
    writeSetting(group, setting, freeze);
    if (!(await poll(() => isFrozen(group), { limit: LIMIT, interval: 2 })))
      throw new Error(`lab ${lab} can't be paused: some of its processes do not stop`);
    return await work();
  } finally {
    thaw(lab);
    guard.kill('SIGKILL');
  }
}
