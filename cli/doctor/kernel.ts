import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cloudDirectory } from '../../util/directories';
import { fieldsIf } from '../../util/optional';
import type { LabConfig } from '../../components/config';
import { root } from '../../util/repo-root';
import { hasCommand } from '../../toolchain';
import { fail, type Finding, ok, warn } from './finding';
import { joinNames } from '../../util/join-names';

/** A kernel feature that kernel.sh tries. */
interface Feature {
  title: string;
  cure: string;
  /** Programs on the host with which kernel.sh tries the feature. */
  by?: string[];
  /** Limitation without the feature, if labs work without it. */
  spared?: string;
  /** Returns whether a lab of this config can't spare the feature, although others can. */
  neededBy?: (config: LabConfig) => boolean;
}

/** Features that kernel.sh tries, keyed by the name that it prints. */
export const FEATURES: Record<string, Feature> = {
  netns: {
    title: 'Network namespaces',
    by: ['ip'],
    cure: 'a kernel with CONFIG_NET_NS; in a container, more privileges',
  },
  veth: { title: 'Pairs of virtual interfaces', by: ['ip'], cure: 'modprobe veth' },
  bridge: { title: 'Bridges', by: ['ip'], cure: 'modprobe bridge' },
  br_netfilter: {
    title: 'Bridged packets seen by iptables',
    by: ['ip', 'modprobe'],
    cure: 'modprobe br_netfilter',
  },
  forwarding: {
    title: 'Settings of a network namespace',
    by: ['ip', 'sysctl'],
    cure: 'in a container: mount /proc/sys writable, or run the lab on the machine itself',
  },
  overlay: { title: 'Overlay filesystem', cure: 'modprobe overlay' },
  disks: {
    title: "Overlay on the machines' disks",
    cure: 'set HARDWAY_CLOUD to a directory on ext4, xfs or btrfs: no overlay, network or FAT file system',
  },
  nf_tables: {
    title: "nftables in a bridge's path",
    by: ['ip', 'nft'],
    cure: 'modprobe -a nf_tables nft_meta_bridge',
  },
  nat: {
    title: 'Address translation',
    by: ['ip', 'iptables'],
    cure: 'modprobe -a iptable_nat xt_MASQUERADE',
  },
  conntrack: {
    title: 'Connection tracking',
    by: ['ip', 'iptables', 'conntrack'],
    cure: 'modprobe -a nf_conntrack xt_conntrack nf_conntrack_netlink',
  },
  ttl: {
    title: 'TTL target',
    by: ['ip', 'iptables'],
    cure: 'modprobe xt_HL, or a kernel with CONFIG_NETFILTER_XT_TARGET_HL: without it, hops through the VPC change the TTL',
  },
  services: {
    title: "kube-proxy's iptables rules",
    by: ['ip', 'iptables'],
    cure: 'modprobe -a nft_compat xt_comment xt_statistic xt_addrtype xt_mark xt_nat xt_recent',
  },
  nft_services: {
    title: "kube-proxy's nftables rules",
    by: ['ip', 'nft'],
    cure: 'modprobe -a nft_numgen nft_masq nft_nat',
    spared: 'only proxyMode=nftables needs them',
  },
  ipv6: {
    title: 'IPv6 and its address translation',
    by: ['ip', 'ip6tables', 'nft'],
    cure: 'boot the host without ipv6.disable=1, and modprobe -a ip6table_nat xt_HL; or remove ipFamily from the config',
    spared: 'only ipFamily=dual needs it',
    neededBy: ({ ipFamily }) => ipFamily === 'dual',
  },
  pidns: {
    title: 'Process namespaces',
    cure: 'a kernel with CONFIG_PID_NS; in a container, more privileges',
  },
  root: {
    title: 'Root directory',
    cure: 'run ./lab outside the chroot, or enter the tree by pivot_root, as containers do',
  },
  groups: {
    title: 'Control groups of the machines',
    cure: 'in a container: mount /sys/fs/cgroup writable, or run the lab on the machine itself',
  },
  kmsg: {
    title: 'Kernel messages (/dev/kmsg)',
    cure: 'mknod /dev/kmsg c 1 11; in a container, give it the device: kubelet does not start without',
  },
};

/**
 * Converts an answer of kernel.sh to a finding. If a program for the test is not installed yet, the
 * finding is a warning.
 */
export function judged(
  answer: string,
  { cure, by = [], spared }: Omit<Feature, 'title'>,
  has = hasCommand,
): Omit<Finding, 'id' | 'title'> {
  if (answer === 'ok') return ok('works');
  const missing = by.filter((program) => !has(program));
  if (missing.length > 0)
    return warn(`could not be tried without ${joinNames(missing)}`, 'comes with ./lab start');
  const said = answer || 'does not work, without an error message';
  if (spared) return warn(`${said}; ${spared}`, cure);
  return fail(said, cure);
}

/** Parses the output of kernel.sh into answers by name. */
export const answersIn = (printed: string): Map<string, string> =>
  new Map(
    printed
      .trim()
      .split('\n')
      .map((line) => [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]),
  );

/** Runs kernel.sh, which tries each feature in temporary namespaces. Needs root. */
function tried(): string {
  let disks = cloudDirectory();
  while (!fs.existsSync(disks)) disks = path.dirname(disks);
  return execFileSync('sh', [path.join(root, 'cli/doctor/kernel.sh'), disks], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
}

/**
 * Returns a finding for each feature. `attempts` returns the output of kernel.sh. A missing feature
 * that one of the labs in `wanted` can't spare is a failure.
 */
export function kernelFindings(
  attempts: () => string = tried,
  has = hasCommand,
  uid = process.getuid?.(),
  wanted: LabConfig[] = [],
): Finding[] {
  if (uid !== 0)
    return [
      {
        id: 'kernel',
        title: 'Kernel features',
        ...warn('can be tried by root only', 'run ./lab doctor as root'),
      },
    ];
  let answers: Map<string, string>;
  try {
    answers = answersIn(attempts());
  } catch (error) {
    return [
      {
        id: 'kernel',
        title: 'Kernel features',
        ...fail(
          `could not be tried: ${(error as Error).message.split('\n')[0]}`,
          './lab doctor again, when the host is less busy',
        ),
      },
    ];
  }
  return Object.entries(FEATURES).map(([id, { title, spared, neededBy, ...feature }]) => ({
    id: `kernel.${id}`,
    title,
    ...judged(
      answers.get(id) ?? 'was not tried',
      { ...feature, ...fieldsIf(!neededBy || !wanted.some(neededBy), { spared }) },
      has,
    ),
  }));
}

/** Returns the findings about the host's kernel for labs that are about to be created. */
export const kernelFindingsFor = (wanted: LabConfig[]): Finding[] =>
  kernelFindings(tried, hasCommand, process.getuid?.(), wanted);
