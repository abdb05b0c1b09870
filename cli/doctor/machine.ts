import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { cacheDirectory, cloudDirectory, stateDirectory } from '../../components/places';
import { fail, ok, type Probe, warn } from './finding';

const GIB = 1024 ** 3;
const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

/** Free bytes where a directory is, or will be. */
function freeAt(directory: string): number {
  let existing = directory;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  const { bavail, bsize } = fs.statfsSync(existing);
  return bavail * bsize;
}

const root: Probe = {
  id: 'root',
  title: 'Root',
  look() {
    if (process.getuid?.() === 0) return ok(process.env.SUDO_USER ? `root, by sudo of ${process.env.SUDO_USER}` : 'root');
    return fail('not root, and sudo gives it to nobody here without asking', 'run ./lab as root, or install and allow sudo');
  },
};

const node: Probe = {
  id: 'node',
  title: 'Node.js',
  look: () => (Number(process.versions.node.split('.')[0]) >= 20
    ? ok(process.versions.node)
    : fail(process.versions.node, 'install Node.js 20 or later from https://nodejs.org/en/download')),
};

const cgroups: Probe = {
  id: 'cgroup',
  title: 'Control groups',
  look() {
    const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' '));
    if (mounts.some(([, place, type]) => place === '/sys/fs/cgroup' && type === 'cgroup2')) return ok('version 2');
    if (mounts.some(([, , type]) => type === 'cgroup')) return ok('version 1: kubelets are told to put up with it');
    return fail('none are mounted', 'mount the cgroup filesystems: on Debian and Ubuntu systemd does at boot');
  },
};

const memory: Probe = {
  id: 'memory',
  title: 'Memory',
  look() {
    const available = Number(/MemAvailable:\s+(\d+)/.exec(fs.readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) * 1024;
    if (available >= 3 * GIB) return ok(`${gib(available)} available; a lab takes about 1.6 GiB`);
    const cure = 'end what is not needed, or make a smaller lab: ./lab up --set controllers=1 --set workers=2';
    return available >= 1.7 * GIB ? warn(`${gib(available)} available`, cure) : fail(`${gib(available)} available`, cure);
  },
};

const processors: Probe = {
  id: 'cpu',
  title: 'Processors',
  look: () => (os.cpus().length >= 2 ? ok(`${os.cpus().length}`) : warn('1', 'two make a lab come up in half the time')),
};

const disk: Probe = {
  id: 'disk',
  title: 'Disk space',
  look() {
    const places = [cacheDirectory(), cloudDirectory()].map((directory) => ({ directory, free: freeAt(directory) }));
    const found = places.map(({ directory, free }) => `${gib(free)} free at ${directory}`).join(', ');
    if (places.every(({ free }) => free >= 6 * GIB)) return ok(found);
    return fail(found, 'free 6 GiB there, or set HARDWAY_CACHE or HARDWAY_CLOUD to a directory with room');
  },
};

const inotify: Probe = {
  id: 'inotify',
  title: 'inotify instances',
  look() {
    const limit = Number(fs.readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8'));
    // Six systemds and their services take about a hundred a lab.
    return limit >= 512 ? ok(`${limit}`) : warn(`${limit}: enough for one lab, not for several`, 'sysctl -w fs.inotify.max_user_instances=1024');
  },
};

const state: Probe = {
  id: 'state',
  title: 'State directory',
  look() {
    const directory = stateDirectory();
    if (!fs.existsSync(directory)) return ok(`${directory} will be made`);
    const open = [directory, path.join(directory, 'passphrase'), path.join(directory, 'stacks'), path.join(directory, 'backend')]
      .filter((file) => fs.existsSync(file) && (fs.statSync(file).mode & 0o077) !== 0);
    return open.length === 0 ? ok(`${directory}, its owner's alone`) : fail(`open to others: ${open.join(', ')}`, `chmod go= ${open.join(' ')}`);
  },
};

/** For each network of this machine's routing tables: where it leads. */
function routes(): { destination: string; device: string; type: string }[] {
  const text = execFileSync('ip', ['-j', '-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' });
  return (JSON.parse(text) as { dst: string; dev?: string; type?: string }[]).map(({ dst, dev = '', type = '' }) => ({ destination: dst, device: dev, type }));
}

export { routes };
export const machineProbes: Probe[] = [root, node, processors, memory, disk, cgroups, inotify, state];
