import * as fs from 'node:fs';
import { attempt } from '../shared/command';

/** Every systemd, kubelet and containerd takes some of these; Debian's 128 are used up by the second lab. */
const INOTIFY_INSTANCES = 2048;

/** Exists while br_netfilter is loaded. */
const BRIDGE_SETTINGS = '/proc/sys/net/bridge';

/**
 * Loads br_netfilter. The module sends frames on every bridge of a network namespace through iptables, by default: with
 * FORWARD at DROP, containers on a bridge of the host would lose each other. So the host's own setting is turned off if
 * this call loads the module; namespaces of labs have settings of their own (since Linux 5.3). If the module was loaded
 * before, for example by Docker, the host's setting is another program's and stays.
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

/** Gives the host what labs need of it as a whole: kernel modules, and room for watches. Only ever raised. */
export async function prepareHost(): Promise<void> {
  await loadBridgeFilter();
  await attempt('modprobe', ['-a', 'overlay', 'nf_conntrack']);
  const limit = 'fs.inotify.max_user_instances';
  const now = Number((await attempt('sysctl', ['-n', limit])).stdout);
  if (now < INOTIFY_INSTANCES) await attempt('sysctl', ['-qw', `${limit}=${INOTIFY_INSTANCES}`]);
}
