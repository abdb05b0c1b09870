import * as fs from 'node:fs';
import { processesOf } from '../../provider/local/shared/cgroups';
import { attempt } from '../../provider/local/shared/command';
import { programOf } from '../../util/process';
import { scratch } from '../environment';
import { world } from './stage';

/** Lines of each node's journal that are saved. */
const LINES = 400;

/** Reads the end of a running node's journal, which is only in the node's memory. */
async function journalOf(vpc: string, instance: string): Promise<string> {
  const init = processesOf(vpc, instance).find((pid) => programOf(pid) === 'systemd');
  if (init === undefined) return 'the node does not run\n';
  const enter = ['--target', String(init), '--mount', '--pid'];
  const journal = ['journalctl', '--no-pager', '--output=short-precise', `--lines=${LINES}`];
  try {
    const { stdout, stderr } = await attempt('nsenter', [...enter, '--', ...journal]);
    return stdout || stderr;
  } catch (error) {
    return `the journal cannot be read: ${(error as Error).message}\n`;
  }
}

/** Saves the journals of all nodes beside the log of a failed act: the next act may end the nodes. */
export async function saveJournals(act: string): Promise<void> {
  for (const { id, privateIp, vpc } of nodes()) {
    const file = scratch('logs', `${act}.${privateIp}.journal`);
    fs.writeFileSync(file, await journalOf(vpc, id), { mode: 0o600 });
  }
}

/** Lists the instances that the emulated API has, with their addresses. */
function nodes(): { id: string; privateIp: string; vpc: string }[] {
  const { instances, interfaces } = world();
  return instances.flatMap((instance) => {
    const found = interfaces.find(({ id }) => id === instance.interface);
    if (!found) return [];
    return { id: instance.id, privateIp: found.privateIp, vpc: found.vpc };
  });
}
