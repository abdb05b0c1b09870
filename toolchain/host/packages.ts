import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { ToolchainError } from '../errors';
import type { Component } from '../manifest';
import type { ItemProgress } from '../progress';
import { must, run } from '../run';
import { logFile } from '../artifact-store';

/** What a lab needs a Debian package for, and a command of it, by which other systems are asked. */
interface HostPackage {
  for: string;
  command?: string;
}

/** What a lab needs on this machine, by Debian's package names. */
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
  mmdebstrap: { for: "making the nodes' Debian tree", command: 'mmdebstrap' },
  nftables: { for: "the router's firewall", command: 'nft' },
  'openssh-client': { for: 'reaching the nodes', command: 'ssh' },
  procps: { for: 'sysctl and process lists', command: 'sysctl' },
  'systemd-container': { for: 'running the nodes', command: 'systemd-nspawn' },
};

/** Whether packages are this machine's way to install programs: Debian, Ubuntu and their like. */
export const isDebianLike = (): boolean =>
  fs.existsSync('/usr/bin/apt-get') && fs.existsSync('/usr/bin/dpkg-query');

/** All packages for a lab whose `toBuild` components are built here. */
export function neededPackages(toBuild: Component[]): string[] {
  const forBuilding = toBuild
    .flatMap((one) => one.builds)
    .flatMap((build) => build.cgo?.debianPackages ?? []);
  return [...new Set([...Object.keys(HOST_PACKAGES), ...forBuilding])].sort();
}

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Whether this machine has a command where its packages put them. */
export const hasCommand = (command: string): boolean =>
  SYSTEM_PATH.some((directory) => fs.existsSync(path.join(directory, command)));

/** Those of `packages` that this machine lacks; on other systems than Debian, those whose command it lacks. */
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

/** The command that installs packages by hand, for messages. */
export const installCommand = (packages: string[]): string =>
  `apt-get install ${packages.join(' ')}`;

/** Installs Debian packages; none of their services is started. Throws a ToolchainError without root, or on another system. */
export async function installPackages(packages: string[], progress: ItemProgress): Promise<void> {
  if (!isDebianLike()) {
    const wanted = packages
      .map((one) => `${HOST_PACKAGES[one].command} (${HOST_PACKAGES[one].for})`)
      .join(', ');
    throw new ToolchainError(
      `this machine lacks ${wanted}. On Debian or Ubuntu they would be installed now; here, install them yourself.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new ToolchainError(
      `this machine lacks ${packages.join(', ')}, and only root can install them: sudo ${installCommand(packages)}`,
    );
  }
  progress.tell('installing', packages.join(' '));
  await must(
    'installing Debian packages',
    path.join(root, 'toolchain', 'host', 'install.sh'),
    packages,
    {
      log: logFile('packages'),
      onLine: (line) => progress.tell('installing', line),
    },
  );
}
