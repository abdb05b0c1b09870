import * as fs from 'node:fs';
import { attempt } from '../shared/command';

/**
 * Limit of inotify instances. Each systemd, kubelet and containerd uses some, and Debian's limit of
 * 128 is too low for two labs.
 */
const INOTIFY_INSTANCES = 2048;

/** Exists while br_netfilter is loaded. */
const BRIDGE_SETTINGS = '/proc/sys/net/bridge';

/**
 * Loads br_netfilter. By default, the module sends frames on every bridge of a network namespace
 * through iptables. With FORWARD at DROP, containers on a bridge of the host would lose each other.
 * So the host's own setting is turned off if this call loads the module. Namespaces of labs have
 * their own settings (since Linux 5.3). If the module was loaded before, for example by Docker,
 * another program owns the host's setting, and the setting stays.
 */
export async function loadBridgeFilter(
  isLoaded: () => boolean = () => fs.existsSync(BRIDGE_SETTINGS),
  run: typeof attempt = attempt,
): Promise<void> {
  if (isLoaded()) return;
  await run('modprobe', ['br_netfilter']);
  if (!isLoaded()) return;
  const settings = ['iptables', 'ip6tables', 'arptables'].map(
    (name) => `net.bridge.bridge-nf-call-${name}=0`,
  );
  await run('sysctl', ['-qw', ...settings]);
}

/**
 * Loads the kernel modules that labs need, and raises the host's limit of inotify instances. Never
 * lowers the limit.
 */
export async function prepareHost(): Promise<void> {
  await loadBridgeFilter();
  await attempt('modprobe', ['-a', 'overlay', 'nf_conntrack']);
  const limit = 'fs.inotify.max_user_instances';
  const now = Number((await attempt('sysctl', ['-n', limit])).stdout);
  if (now < INOTIFY_INSTANCES) await attempt('sysctl', ['-qw', `${limit}=${INOTIFY_INSTANCES}`]);
}
