import * as path from 'node:path';
import { readIfExists } from '../../../util/existing-files';
import { fieldsIf, itemsIf, listOf } from '../../../util/optional';
import { poll } from '../../../util/poll';
import { programOf } from '../../../util/process';
import { root } from '../../../util/repo-root';
import { attempt, run } from '../shared/command';
import { endAll, markOf, readDaemon, startDaemon, stopDaemon } from '../shared/daemon';
import {
  groupOf,
  hasSlices,
  hostRunsSystemd,
  processesOf,
  removeGroups,
  sliceOf,
  unitOf,
} from '../shared/cgroups';
import { thaw } from '../shared/freezer';
import { namespaceOf, nodeDirectory } from '../shared/names';

// Starts and ends a node's process. If PID 1 is systemd, each node is a unit with a delegated
// cgroup in the lab's slice. Otherwise it is a detached process in a cgroup that machine.sh creates
// in the lab's.

export interface MachineProcess {
  lab: string;
  name: string;
  tree: string;
  store: string;
  privateIp: string;
  prefixLength: number;
  gateway: string;
  /** IPv6 addresses of node and router, in a /64; unset unless the lab is dual-stack. */
  privateIp6?: string;
  gateway6?: string;
}

const SCRIPT = path.join(root, 'provider/local/instance/machine.sh');
const pidFile = (lab: string, name: string): string =>
  path.join(nodeDirectory(lab, name), 'process.json');

/** Returns true if the node's process runs. */
export async function isRunning(lab: string, name: string): Promise<boolean> {
  if (hostRunsSystemd())
    return (await attempt('systemctl', ['is-active', '--quiet', unitOf(lab, name)])).code === 0;
  return readDaemon(pidFile(lab, name)) !== undefined;
}

/** Kills the node's process and everything that it started. Returns after all have ended. */
export async function stopMachine(lab: string, name: string): Promise<void> {
  thaw(lab);
  if (hostRunsSystemd())
    await attempt('systemctl', ['kill', '--signal=SIGKILL', unitOf(lab, name)]);
  const killed = await endAll(
    () => {
      // The runner is killed first, because it would start the container again.
      const runner = readDaemon(pidFile(lab, name));
      return [...listOf(runner?.pid), ...processesOf(lab, name)];
    },
    { limit: 10_000 },
  );
  if (!killed)
    throw new Error(
      `node ${name} of lab ${lab} can't be stopped: processes ${processesOf(lab, name).join(', ')} still run`,
    );
  await stopDaemon(pidFile(lab, name));
  // systemd can start a unit of this name only after the old one is unloaded.
  if (hostRunsSystemd()) await attempt('systemctl', ['stop', unitOf(lab, name)]);
  await removeGroups(lab, name);
}

/** Starts the node's process. An earlier process must have been ended with stopMachine. */
export async function startMachine(machine: MachineProcess): Promise<void> {
  const { lab, name } = machine;
  const directory = nodeDirectory(lab, name);
  const log = path.join(directory, 'console.log');
  const environment = {
    NAME: name,
    DIRECTORY: directory,
    NAMESPACE: namespaceOf(lab, name),
    ADDRESS: `${machine.privateIp}/${machine.prefixLength}`,
    GATEWAY: machine.gateway,
    ...fieldsIf(machine.privateIp6, {
      IPV6_ADDRESS: `${machine.privateIp6}/64`,
      IPV6_GATEWAY: machine.gateway6!,
    }),
    TREE: machine.tree,
    STORE: machine.store,
    GROUP: groupOf(lab, name),
  };
  if (hostRunsSystemd()) {
    const settings = Object.entries({ ...environment, ...markOf(lab) }).map(
      ([key, value]) => `--setenv=${key}=${value}`,
    );
    // mixed: kills the node's processes at once when the host shuts down. By default the node's
    // systemd would take 90 seconds.
    await run('systemd-run', [
      '--quiet',
      '--collect',
      `--unit=${unitOf(lab, name)}`,
      ...itemsIf(hasSlices(), `--slice=${sliceOf(lab)}`),
      '--property=Delegate=yes',
      '--property=KillMode=mixed',
      // As machine.sh on cgroup v1: the host's disks can be named in a node, but not opened.
      '--property=DevicePolicy=closed',
      '--property=DeviceAllow=char-* rwm',
      '--property=DeviceAllow=block-* m',
      `--property=StandardOutput=append:${log}`,
      `--property=StandardError=append:${log}`,
      ...settings,
      'unshare',
      '--mount',
      SCRIPT,
    ]);
  } else {
    startDaemon(lab, pidFile(lab, name), log, 'unshare', ['--mount', SCRIPT], environment);
  }
  await waitForBoot(lab, name, log);
}

/**
 * Waits until the node's init runs. Throws an Error with the end of the console log if the node
 * ends or does not boot.
 */
async function waitForBoot(lab: string, name: string, log: string): Promise<void> {
  const boots = (): boolean => processesOf(lab, name).some((pid) => programOf(pid) === 'systemd');
  // Longer than a boot under load takes: six nodes may boot at once.
  const limit = 30_000;
  const outcome = await poll(
    async () => {
      if (boots()) return 'booted';
      if (await isRunning(lab, name)) return undefined;
      return 'ended';
    },
    { limit },
  );
  if (outcome === 'booted') return;
  let problem = `did not boot within ${limit / 1000} s`;
  if (outcome === 'ended') problem = 'ended while it started';
  const console = (readIfExists(log) ?? '').trim().slice(-800);
  throw new Error(
    `node ${name} of lab ${lab} ${problem}; ${log} ends with: ${console || 'nothing'}`,
  );
}
