import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import { attempt, run } from '../shared/command';
import { endAll, markOf, readDaemon, startDaemon, stopDaemon, until } from '../shared/daemon';
import {
  groupOf,
  hasSlices,
  hostRunsSystemd,
  processesOf,
  removeGroups,
  sliceOf,
  unitOf,
} from '../shared/cgroups';
import { namespaceOf, nodeDirectory } from '../shared/names';

// How a node's process is started and ended. Where PID 1 is systemd, each node is a unit with a delegated cgroup, in
// the lab's slice; elsewhere it is a detached process in a cgroup that machine.sh makes in the lab's.

export interface MachineProcess {
  lab: string;
  name: string;
  tree: string;
  store: string;
  privateIp: string;
  prefixLength: number;
  gateway: string;
}

const SCRIPT = path.join(root, 'provider/local/instance/machine.sh');
const pidFile = (lab: string, name: string): string =>
  path.join(nodeDirectory(lab, name), 'process.json');

/** The name of a process's program; '' for one that has ended. */
export function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Whether the machine's process runs. */
export async function isRunning(lab: string, name: string): Promise<boolean> {
  if (hostRunsSystemd())
    return (await attempt('systemctl', ['is-active', '--quiet', unitOf(lab, name)])).code === 0;
  return readDaemon(pidFile(lab, name)) !== undefined;
}

/** Ends the machine's process and everything that it started; returns when they are gone. */
export async function stopMachine(lab: string, name: string): Promise<void> {
  if (hostRunsSystemd())
    await attempt('systemctl', ['kill', '--signal=SIGKILL', unitOf(lab, name)]);
  const killed = await endAll(() => {
    // The runner first: it would start the container again.
    const runner = readDaemon(pidFile(lab, name));
    return [...(runner ? [runner.pid] : []), ...processesOf(lab, name)];
  }, 10);
  if (!killed)
    throw new Error(
      `${name} of lab ${lab} can't be ended: processes ${processesOf(lab, name).join(', ')} stay`,
    );
  await stopDaemon(pidFile(lab, name));
  // Only when its unit is unloaded can systemd start another of that name.
  if (hostRunsSystemd()) await attempt('systemctl', ['stop', unitOf(lab, name)]);
  await removeGroups(lab, name);
}

/** Starts the machine's process. Nothing of an earlier one may be left: see stopMachine. */
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
    TREE: machine.tree,
    STORE: machine.store,
    GROUP: groupOf(lab, name),
  };
  if (hostRunsSystemd()) {
    const settings = Object.entries({ ...environment, ...markOf(lab) }).map(
      ([key, value]) => `--setenv=${key}=${value}`,
    );
    // mixed: at this machine's shutdown the node ends at once; asked to by a signal, its own systemd takes 90 seconds.
    await run('systemd-run', [
      '--quiet',
      '--collect',
      `--unit=${unitOf(lab, name)}`,
      ...(hasSlices() ? [`--slice=${sliceOf(lab)}`] : []),
      '--property=Delegate=yes',
      '--property=KillMode=mixed',
      // As machine.sh does on cgroup v1: this machine's disks can be named in a node, but not opened.
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

/** Returns when the machine's own init runs; throws with the console's last lines where it ended instead. */
async function waitForBoot(lab: string, name: string, log: string): Promise<void> {
  let alive = true;
  const boots = (): boolean => processesOf(lab, name).some((pid) => commandOf(pid) === 'systemd');
  const booted = await until(async () => boots() || !(alive = await isRunning(lab, name)), 20);
  if (booted && alive) return;
  const console = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().slice(-800) : '';
  throw new Error(
    `${name} of lab ${lab} ${alive ? 'does not boot' : 'ended while it started'}; its console says: ${console || 'nothing'}`,
  );
}
