import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { root } from '../../components/root';
import { hasCommand } from '../../toolchain/host/host';
import { fail, type Finding, ok, warn } from './finding';

/** What kernel.sh tries, and the programs of this machine that it tries it with. */
const FEATURES: Record<string, { title: string; cure: string; by?: string[] }> = {
  netns: { title: 'Network namespaces', by: ['ip'], cure: 'a kernel with CONFIG_NET_NS; in a container, more privileges' },
  veth: { title: 'Pairs of virtual interfaces', by: ['ip'], cure: 'modprobe veth' },
  bridge: { title: 'Bridges', by: ['ip'], cure: 'modprobe bridge' },
  br_netfilter: { title: 'Bridged packets seen by iptables', by: ['ip', 'modprobe'], cure: 'modprobe br_netfilter' },
  overlay: { title: 'Overlay filesystem', cure: 'modprobe overlay' },
  nf_tables: { title: "nftables in a bridge's path", by: ['ip', 'nft'], cure: 'modprobe -a nf_tables nft_meta_bridge' },
  nat: { title: 'Address translation', by: ['ip', 'iptables'], cure: 'modprobe -a iptable_nat xt_MASQUERADE' },
  conntrack: { title: 'Connection tracking', by: ['ip', 'iptables'], cure: 'modprobe -a nf_conntrack xt_conntrack' },
  ttl: { title: 'TTL target', by: ['ip', 'iptables'], cure: 'modprobe xt_HL, or a kernel with CONFIG_NETFILTER_XT_TARGET_HL: without it no hop through the VPC can be free' },
  pidns: { title: 'Process namespaces', cure: 'a kernel with CONFIG_PID_NS; in a container, more privileges' },
};

/** What an answer of kernel.sh means. Nothing is known where a program to try it with is yet to be installed. */
export function judged(answer: string, cure: string, by: string[] = [], has = hasCommand): Omit<Finding, 'id' | 'title'> {
  if (answer === 'ok') return ok('works');
  const missing = by.filter((program) => !has(program));
  if (missing.length > 0) return warn(`could not be tried without ${missing.join(' and ')}`, 'comes with ./lab start');
  return fail(answer, cure);
}

/** Tries each in scratch namespaces, which are gone afterwards. Needs root. */
export function kernelFindings(): Finding[] {
  if (process.getuid?.() !== 0) {
    return [{ id: 'kernel', title: 'Kernel features', ...warn('can be tried by root only', 'run ./lab doctor as root') }];
  }
  const printed = execFileSync('sh', [path.join(root, 'cli/doctor/kernel.sh')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 });
  const said = new Map(printed.trim().split('\n').map((line) => [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]));
  return Object.entries(FEATURES).map(([id, { title, cure, by }]) =>
    ({ id: `kernel.${id}`, title, ...judged(said.get(id) ?? 'was not tried', cure, by) }));
}
