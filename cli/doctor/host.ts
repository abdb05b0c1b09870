import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { LabConfig } from '../../components/config';
import { boundsOf } from '../../components/local/limits';
import { hostRunsSystemd } from '../../provider/local';
import { stateDirectory } from '../../util/directories';
import { lostPassphrase } from '../engine';
import { readKernelFile } from '../../util/kernel-files';
import { textIf } from '../../util/optional';
import { plural } from '../../util/plural';
import { formatBytes } from './disk';
import { fail, type Finding, ok, type Probe, warn } from './finding';
import { sum } from '../../util/sum';

/** Finding without its id and title. Facts are parameters, so that tests can pass others. */
type Judgement = Omit<Finding, 'id' | 'title'>;

const MIB = 1024 ** 2;

export function rootFinding(uid = process.getuid?.(), sudoUser = process.env.SUDO_USER): Judgement {
  if (uid === 0) return ok(`root${textIf(sudoUser, `, by sudo of ${sudoUser}`)}`);
  return fail(
    'not root, and sudo does not work without a password',
    'run ./lab as root, or install and allow sudo',
  );
}

export function nodeFinding(version = process.versions.node): Judgement {
  if (Number(version.split('.')[0]) >= 22) return ok(version);
  return fail(version, 'run ./lab, which downloads a fitting Node.js, not cli/main.ts directly');
}

/** Controllers with which kubelet limits pods. */
const CONTROLLERS = ['cpu', 'cpuset', 'memory', 'pids'];

const read = (file: string): string => fs.readFileSync(file, 'utf8');

/**
 * Judges the host's cgroups. `mounts` is /proc/self/mounts; `controllers` returns the controllers
 * of the root group of version 2.
 */
export function cgroupFinding(
  mounts = read('/proc/self/mounts'),
  controllers = (): string => read('/sys/fs/cgroup/cgroup.controllers'),
): Judgement {
  const mounted = mounts.split('\n').map((line) => line.split(' '));
  const two = mounted.some(([, place, type]) => place === '/sys/fs/cgroup' && type === 'cgroup2');
  let version = 'version 1, which kubelets are configured to accept';
  let offered = mounted
    .filter(([, , type]) => type === 'cgroup')
    .flatMap(([, , , options = '']) => options.split(','));
  if (two) {
    version = 'version 2';
    offered = controllers().trim().split(/\s+/);
  }
  if (offered.length === 0)
    return fail(
      'none are mounted',
      'mount the cgroup filesystems: on Debian and Ubuntu systemd does at boot',
    );
  const missing = CONTROLLERS.filter((name) => !offered.includes(name));
  if (missing.length > 0)
    return fail(
      `without ${missing.join(', ')}, which kubelet needs`,
      `a kernel with them, started without cgroup_disable=${missing.join(',')}`,
    );
  return ok(version);
}

/**
 * Judges whether limits can be set below the root group of version 2, as a lab does without
 * systemd. In a container that group may have processes; then the kernel sets limits below it for
 * none (Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint"). The kernel's
 * own root group has no file cgroup.type, and no such constraint. Changes nothing.
 */
export function delegationFinding(
  systemd = hostRunsSystemd(),
  directory = '/sys/fs/cgroup',
): Judgement {
  const text = (file: string): string => readKernelFile(path.join(directory, file)) ?? '';
  const offered = text('cgroup.controllers').split(/\s+/).filter(Boolean);
  if (systemd) return ok('systemd sets them');
  if (offered.length === 0) return ok('version 1 has no constraint');
  const enabled = text('cgroup.subtree_control').split(/\s+/);
  const missing = offered.filter((name) => !enabled.includes(name));
  if (missing.length === 0) return ok('are enabled');
  const isKernelRoot = !fs.existsSync(path.join(directory, 'cgroup.type'));
  if (isKernelRoot || text('cgroup.procs').trim() === '') return ok('can be enabled');
  return fail(
    `${directory} has its own processes, so the kernel sets no limits below it`,
    `before the lab, as root: mkdir ${directory}/init; move each process of ${directory}/cgroup.procs there; or start the container with --cgroupns=host`,
  );
}

/** Memory of a node, measured: 1.6 GiB for six nodes. */
const MACHINE = 280 * MIB;
const SMALLER =
  './lab down of a lab that is not needed, or a smaller one: ./lab up --set controllers=1 --set workers=2';

/** Total needs of labs. */
interface Asked {
  labs: number;
  machines: number;
  /** Sum of the labs' memory limits in bytes. */
  limit: number;
}

/** Judges the host's memory. `available` is in bytes. */
export function memoryFinding(
  { labs, machines, limit }: Asked,
  available = Number(/MemAvailable:\s+(\d+)/.exec(read('/proc/meminfo'))?.[1] ?? 0) * 1024,
): Judgement {
  const takers = plural(
    labs,
    `a lab of ${machines} machines takes`,
    `${labs} labs of ${machines} machines take`,
  );
  const found = `${formatBytes(available)} available; ${takers} about ${formatBytes(machines * MACHINE)}, and at most ${formatBytes(limit)}`;
  if (available >= machines * MACHINE && limit < machines * MACHINE)
    return warn(
      found,
      './lab up --set memoryLimit=SIZE with more; --set memoryLimit= gives 1Gi to each machine',
    );
  if (available >= machines * MACHINE * 1.5) return ok(found);
  if (available >= machines * MACHINE) return warn(found, SMALLER);
  return fail(found, SMALLER);
}

export function processorFinding(count = os.cpus().length): Judgement {
  if (count >= 2) return ok(`${count}`);
  return warn('1', 'with two, a lab starts in half the time');
}

/** Judges the limit of inotify instances. The services of six nodes use about a hundred. */
export function inotifyFinding(
  limit = Number(read('/proc/sys/fs/inotify/max_user_instances')),
): Judgement {
  if (limit >= 512) return ok(`${limit}`);
  return warn(
    `${limit}: enough for one lab. Its start raises it`,
    'optional: sysctl -w fs.inotify.max_user_instances=2048',
  );
}

/**
 * First systemd-nspawn with every option of provider/local/instance/machine.sh (--console is the
 * newest).
 */
const OLDEST_NSPAWN = 242;

function nspawnVersion(): string | undefined {
  try {
    return execFileSync('systemd-nspawn', ['--version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

/**
 * Judges the version of systemd-nspawn. `printed` is the output of `systemd-nspawn --version`;
 * `undefined` if it is not installed.
 */
export function nspawnFinding(printed = nspawnVersion()): Judgement {
  if (printed === undefined)
    return warn('not installed', 'comes with ./lab start, in the package systemd-container');
  const version = /^systemd (\d+)/.exec(printed)?.[1] ?? '?';
  if (Number(version) >= OLDEST_NSPAWN) return ok(version);
  return fail(
    `${version}, and nodes need ${OLDEST_NSPAWN} or later`,
    'Debian 12, Ubuntu 22.04, or later',
  );
}

function stateFinding(): Judgement {
  const directory = stateDirectory();
  if (!fs.existsSync(directory)) return ok(`${directory} will be created`);
  const lost = lostPassphrase();
  if (lost) return fail(lost.message, lost.cure!);
  const open = [
    directory,
    path.join(directory, 'passphrase'),
    path.join(directory, 'stacks'),
    path.join(directory, 'backend'),
  ].filter((file) => fs.existsSync(file) && (fs.statSync(file).mode & 0o077) !== 0);
  if (open.length === 0) return ok(`${directory}, private to its owner`);
  return fail(`readable for other users: ${open.join(', ')}`, `chmod go= ${open.join(' ')}`);
}

/**
 * Finds state files that other users can read. Commands that write there also fix the permissions.
 */
export const stateProbe: Probe = { id: 'state', title: 'State directory', look: stateFinding };

const asked = (configs: LabConfig[]): Asked => ({
  labs: configs.length,
  machines: sum(configs.map(({ controllers, workers }) => controllers + workers)),
  limit: sum(configs.map((config) => boundsOf(config).memoryLimit)),
});

/** Returns the probes of the host for labs of these configs together. */
export const machineProbes = (configs: LabConfig[]): Probe[] => [
  { id: 'root', title: 'Root', look: () => rootFinding() },
  { id: 'node', title: 'Node.js', look: () => nodeFinding() },
  { id: 'cpu', title: 'Processors', look: () => processorFinding() },
  { id: 'memory', title: 'Memory', look: () => memoryFinding(asked(configs)) },
  { id: 'cgroup', title: 'Control groups', look: () => cgroupFinding() },
  { id: 'delegation', title: 'Limits of control groups', look: () => delegationFinding() },
  { id: 'nspawn', title: 'systemd-nspawn', look: () => nspawnFinding() },
  { id: 'inotify', title: 'inotify instances', look: () => inotifyFinding() },
];
