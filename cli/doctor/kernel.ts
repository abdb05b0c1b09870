import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { root } from '../../components/root';
import { fail, type Finding, ok, warn } from './finding';

/** What kernel.sh tries, and what a lab wants it for. */
const FEATURES: Record<string, { title: string; cure: string; needed?: false }> = {
  netns: { title: 'Network namespaces', cure: 'a kernel with CONFIG_NET_NS; in a container, more privileges' },
  veth: { title: 'Pairs of virtual interfaces', cure: 'modprobe veth' },
  bridge: { title: 'Bridges', cure: 'modprobe bridge' },
  br_netfilter: { title: 'Bridged packets seen by iptables', cure: 'modprobe br_netfilter' },
  overlay: { title: 'Overlay filesystem', cure: 'modprobe overlay' },
  nf_tables: { title: "nftables in a bridge's path", cure: 'modprobe -a nf_tables nft_meta_bridge; apt-get install nftables' },
  nat: { title: 'Address translation', cure: 'modprobe -a iptable_nat xt_MASQUERADE; apt-get install iptables' },
  conntrack: { title: 'Connection tracking', cure: 'modprobe -a nf_conntrack xt_conntrack' },
  ttl: { title: 'TTL target', cure: 'modprobe xt_HL; the lab has another way if it is missing', needed: false },
  pidns: { title: 'Process namespaces', cure: 'a kernel with CONFIG_PID_NS; in a container, more privileges' },
};

/** Tries each in scratch namespaces, which are gone afterwards. Needs root. */
export function kernelFindings(): Finding[] {
  if (process.getuid?.() !== 0) {
    return [{ id: 'kernel', title: 'Kernel features', ...warn('can be tried by root only', 'run ./lab doctor as root') }];
  }
  const printed = execFileSync('sh', [path.join(root, 'cli/doctor/kernel.sh')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 });
  const said = new Map(printed.trim().split('\n').map((line) => [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]));
  return Object.entries(FEATURES).map(([id, { title, cure, needed }]) => {
    const answer = said.get(id) ?? 'was not tried';
    const finding = answer === 'ok' ? ok('works') : needed === false ? warn(answer, cure) : fail(answer, cure);
    return { id: `kernel.${id}`, title, ...finding };
  });
}
