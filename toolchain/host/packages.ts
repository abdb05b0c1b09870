import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { ToolchainError } from '../errors';
import type { UpstreamProject } from '../manifest';
import type { ItemProgress } from '../progress';
import { runOrThrow, run } from '../run';
import { logFile } from '../artifact-store';

/**
 * Purpose of a Debian package. `command`: one of its commands, looked for on hosts without dpkg.
 */
interface HostPackage {
  for: string;
  command?: string;
}

/** Debian packages that labs need on the host, by name. */
export const HOST_PACKAGES: Record<string, HostPackage> = {
  'ca-certificates': { for: 'downloads over HTTPS' },
  conntrack: { for: "the router's connections", command: 'conntrack' },
  curl: { for: 'downloads', command: 'curl' },
  'debian-archive-keyring': { for: "verifying the nodes' Debian packages" },
  gcc: { for: 'compiling the pause program', command: 'gcc' },
  haproxy: { for: 'the load balancer before the API', command: 'haproxy' },
  iproute2: { for: 'network namespaces, bridges and routes', command: 'ip' },
  iptables: { for: "the router's rules", command: 'iptables' },
  kmod: { for: 'loading br_netfilter and overlay', command: 'modprobe' },
  'libc6-dev': { for: 'compiling the pause program' },
  mmdebstrap: { for: "building the nodes' Debian tree", command: 'mmdebstrap' },
  nftables: { for: "the router's firewall", command: 'nft' },
  'openssh-client': { for: 'reaching the nodes', command: 'ssh' },
  procps: { for: 'sysctl and process lists', command: 'sysctl' },
  'systemd-container': { for: 'running the nodes', command: 'systemd-nspawn' },
};

/** Returns true on Debian, Ubuntu and derivatives, where apt can install packages. */
export const isDebianLike = (): boolean =>
  fs.existsSync('/usr/bin/apt-get') && fs.existsSync('/usr/bin/dpkg-query');

/** Returns all packages that a lab needs if the projects in `toBuild` are built on this host. */
export function neededPackages(toBuild: UpstreamProject[]): string[] {
  const forBuilding = toBuild
    .flatMap((one) => one.builds)
    .flatMap((build) => build.cgo?.debianPackages ?? []);
  return [...new Set([...Object.keys(HOST_PACKAGES), ...forBuilding])].sort();
}

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Returns true if the host has the command in one of the system's directories. */
export const hasCommand = (command: string): boolean =>
  SYSTEM_PATH.some((directory) => fs.existsSync(path.join(directory, command)));

/**
 * Returns the packages that the host lacks. On hosts without dpkg, those with a missing command.
 */
export async function missingPackages(packages: string[]): Promise<string[]> {
  if (!isDebianLike()) {
    return packages.filter(
      (one) =>
        HOST_PACKAGES[one]?.command !== undefined && !hasCommand(HOST_PACKAGES[one].command!),
    );
  }
  const { stdout } = await run('dpkg-query', [
    '--show',
    '--showformat',
    '${db:Status-Status} ${Package}\\n',
    ...packages,
  ]);
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('installed '))
      .map((line) => line.slice('installed '.length)),
  );
  return packages.filter((one) => !installed.has(one));
}

/** Returns the command that installs packages, for messages. */
export const installCommand = (packages: string[]): string =>
  `apt-get install ${packages.join(' ')}`;

/**
 * Installs Debian packages without starting their services. Throws a ToolchainError without root,
 * or on a host without apt.
 */
export async function installPackages(packages: string[], progress: ItemProgress): Promise<void> {
  if (!isDebianLike()) {
    const missing = packages
      .map((one) => `${HOST_PACKAGES[one].command} (${HOST_PACKAGES[one].for})`)
      .join(', ');
    throw new ToolchainError(
      `this host lacks ${missing}. They can be installed automatically on Debian and Ubuntu only: install them yourself.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new ToolchainError(
      `this host lacks ${packages.join(', ')}, which only root can install: sudo ${installCommand(packages)}`,
    );
  }
  progress.report('installing', packages.join(' '));
  await runOrThrow(
    'installing Debian packages',
    path.join(root, 'toolchain', 'host', 'install.sh'),
    packages,
    {
      log: logFile('packages'),
      onLine: (line) => progress.report('installing', line),
    },
  );
}
