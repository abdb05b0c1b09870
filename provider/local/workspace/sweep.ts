import * as fs from 'node:fs';
import * as path from 'node:path';
import { namesIn } from '../../../util/existing-files';
import { itemsIf } from '../../../util/optional';
import { attempt, run } from '../shared/command';
import { endAll, processesStartedFor } from '../shared/daemon';
import { processesOf, removeGroups } from '../shared/cgroups';
import { programOf } from '../../../util/process';
import { CHECKPOINTS } from '../checkpoint/files';
import { stopMachine } from '../instance/node-process';
import { dropRecord } from '../shared/lab-register';
import { thaw } from '../shared/freezer';
import { labDirectory, namespacesOf } from '../shared/names';
import { hostLink, releaseSlot, slotOf } from '../shared/slots';

// Finds and removes parts of a lab on the host, independent of any state: for `down`, and after
// killed commands.

/** Returns the names of a lab's nodes on the host. */
export const nodesOf = (lab: string): string[] => namesIn(path.join(labDirectory(lab), 'nodes'));

async function linkOf(lab: string): Promise<string | undefined> {
  const slot = slotOf(lab);
  if (!slot) return undefined;
  const link = hostLink(slot.slot);
  if ((await attempt('ip', ['link', 'show', link])).code === 0) return link;
  return undefined;
}

/**
 * Returns the ids of a lab's processes. Uses cgroup and environment, because files may be missing.
 */
const processes = (lab: string): number[] => [
  ...new Set([...processesOf(lab), ...processesStartedFor(lab)]),
];

/** Lists what still exists of a lab on the host, one line each. */
export async function leftovers(lab: string): Promise<string[]> {
  const link = await linkOf(lab);
  return [
    ...processes(lab).map((pid) => `process ${pid} (${programOf(pid)})`),
    ...namespacesOf(lab).map((name) => `network namespace ${name}`),
    ...itemsIf(link, `interface ${link}`),
    ...itemsIf(fs.existsSync(labDirectory(lab)), `directory ${labDirectory(lab)}`),
  ];
}

/** Removes everything of a lab on the host except its directory. */
async function tearDown(lab: string): Promise<void> {
  thaw(lab);
  // Kills all processes at once: one node after the other would take longer.
  await endAll(() => processes(lab), { limit: 10_000 });
  for (const node of nodesOf(lab)) await stopMachine(lab, node);
  await removeGroups(lab);
  const link = await linkOf(lab);
  if (link) await run('ip', ['link', 'del', link]);
  for (const name of namespacesOf(lab)) await run('ip', ['netns', 'del', name]);
}

/**
 * Removes everything of a lab from the host, in any condition. Returns what existed, one line each.
 */
export async function sweep(lab: string): Promise<string[]> {
  const found = await leftovers(lab);
  await tearDown(lab);
  releaseSlot(lab);
  fs.rmSync(labDirectory(lab), { recursive: true, force: true });
  dropRecord(lab);
  return found;
}

/**
 * Like `sweep`, but keeps the lab's public /24, its expiry and its checkpoints, so that the lab can
 * be recreated in place.
 */
export async function empty(lab: string): Promise<void> {
  await tearDown(lab);
  const directory = labDirectory(lab);
  if (!fs.existsSync(directory)) return;
  const parts = fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== CHECKPOINTS);
  for (const part of parts)
    fs.rmSync(path.join(directory, part.name), { recursive: true, force: true });
}
