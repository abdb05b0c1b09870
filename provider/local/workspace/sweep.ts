import * as fs from 'node:fs';
import * as path from 'node:path';
import { attempt, run } from '../shared/command';
import { endAll, processesStartedFor } from '../shared/daemon';
import { processesOf, removeGroups } from '../shared/cgroups';
import { commandOf, stopMachine } from '../instance/node-process';
import { dropRecord } from '../shared/lab-register';
import { labDirectory, namespacesOf } from '../shared/names';
import { hostLink, releaseSlot, slotOf } from '../shared/slots';

// Asks the machine, not the state, what there is of a lab: for `down`, and for what a killed command left behind.

/** The machines that this machine has of a lab. */
export function nodesOf(lab: string): string[] {
  const directory = path.join(labDirectory(lab), 'nodes');
  return fs.existsSync(directory) ? fs.readdirSync(directory) : [];
}

async function linkOf(lab: string): Promise<string | undefined> {
  const slot = slotOf(lab);
  if (!slot) return undefined;
  const link = hostLink(slot.slot);
  return (await attempt('ip', ['link', 'show', link])).code === 0 ? link : undefined;
}

/** By cgroup and by environment: neither needs a file that may be gone. */
const processes = (lab: string): number[] => [
  ...new Set([...processesOf(lab), ...processesStartedFor(lab)]),
];

/** What is still there of a lab on this machine, a line each; empty when nothing is. */
export async function leftovers(lab: string): Promise<string[]> {
  const link = await linkOf(lab);
  return [
    ...processes(lab).map((pid) => `process ${pid} (${commandOf(pid)})`),
    ...namespacesOf(lab).map((name) => `network namespace ${name}`),
    ...(link ? [`interface ${link}`] : []),
    ...(fs.existsSync(labDirectory(lab)) ? [`directory ${labDirectory(lab)}`] : []),
  ];
}

/** Ends and removes all that a lab has here, but for its directory. */
async function tearDown(lab: string): Promise<void> {
  // The whole lab at once: each machine by itself would wait for its own end.
  await endAll(() => processes(lab), 10);
  for (const node of nodesOf(lab)) await stopMachine(lab, node);
  await removeGroups(lab);
  const link = await linkOf(lab);
  if (link) await run('ip', ['link', 'del', link]);
  for (const name of namespacesOf(lab)) await run('ip', ['netns', 'del', name]);
}

/** Removes everything of a lab from this machine, whatever state it is in; returns what there was, a line each. */
export async function sweep(lab: string): Promise<string[]> {
  const found = await leftovers(lab);
  await tearDown(lab);
  releaseSlot(lab);
  fs.rmSync(labDirectory(lab), { recursive: true, force: true });
  dropRecord(lab);
  return found;
}

/** The same, but for the lab's place on this machine: its public /24, and when it ends. It is made anew in it. */
export async function empty(lab: string): Promise<void> {
  await tearDown(lab);
  const directory = labDirectory(lab);
  const parts = fs.existsSync(directory)
    ? fs.readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  for (const part of parts)
    fs.rmSync(path.join(directory, part.name), { recursive: true, force: true });
}
