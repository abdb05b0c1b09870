import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { addressAt, parseCidr } from '../../components/cidr';
import { root } from '../../components/root';
import { changedInputs } from '../difference';
import type { Failure, ResourceKind } from '../resource';
import { attempt, attemptIn, ipIn, run, runIn } from './command';
import { removeGroups } from './machine';
import { namespaceExists, routerOf } from './places';
import { blackholePool, chooseSlot, holdSlot, hostLink, publicCidr, releaseSlot, slotOf } from './slots';

export interface NetworkInputs {
  lab: string;
  nodeCidr: string;
  podCidr: string;
  gateway: string;
  publicPool: string;
  mtu: number;
  publicCidr: string;
  router: string;
  hostIp: string;
  /** Another one exactly when the network is another network. */
  generation: string;
}

interface NetworkState extends NetworkInputs {
  /** Which of the router's parts is not as it was made; empty when all is well. */
  broken: string;
}

/** Host numbers in the lab's public /24: the machine itself, and the router's end of the link to it. */
const HOST = 1;
const ROUTER = 2;

/** A MAC that says which address it belongs to: 02:00 and the address's four bytes. */
export const macOf = (address: string): string =>
  ['02', '00', ...address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))].join(':');

/** Every systemd, kubelet and containerd takes some of these; Debian's 128 are gone with the second lab. */
const INOTIFY_INSTANCES = 2048;

/** What labs need of the machine as a whole: kernel modules, and room for watches. Only ever raised. */
async function prepareMachine(): Promise<void> {
  await attempt('modprobe', ['-a', 'br_netfilter', 'overlay', 'nf_conntrack']);
  const limit = 'fs.inotify.max_user_instances';
  const now = Number((await attempt('sysctl', ['-n', limit])).stdout);
  if (now < INOTIFY_INSTANCES) await attempt('sysctl', ['-qw', `${limit}=${INOTIFY_INSTANCES}`]);
}

/** The router's own kernel settings, set before any packet. */
const SETTINGS = {
  // A node that caches a redirect goes around a removed route for minutes.
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv6.conf.all.disable_ipv6': '1',
  'net.ipv6.conf.default.disable_ipv6': '1',
  'net.ipv4.ip_forward': '1',
  // The firewall sees what goes from machine to machine, too.
  'net.bridge.bridge-nf-call-iptables': '1',
};

async function makeRouter(inputs: NetworkInputs): Promise<void> {
  const { router } = inputs;
  await run('ip', ['netns', 'add', router]);
  await runIn(router, 'sysctl', ['-qw', ...Object.entries(SETTINGS).map(([name, value]) => `${name}=${value}`)]);
  await ipIn(router, 'link', 'set', 'lo', 'up');
  await ipIn(router, 'route', 'add', 'blackhole', 'default');
  const ruleset = fs.readFileSync(path.join(root, 'provider/local/router.nft'), 'utf8');
  await runIn(router, 'nft', ['-f', '-'], ruleset.replace('${routerMac}', macOf(inputs.gateway)).replace('${gateway}', inputs.gateway));
  // What the router passes on between two machines costs no TTL, as in a VPC.
  await runIn(router, 'iptables', ['-t', 'mangle', '-A', 'PREROUTING', '-m', 'mark', '--mark', '0x1', '-j', 'TTL', '--ttl-inc', '1']);
  await ipIn(router, 'link', 'add', 'vpc', 'address', macOf(inputs.gateway), 'mtu', String(inputs.mtu), 'type', 'bridge',
    'stp_state', '0', 'forward_delay', '0', 'mcast_snooping', '0');
  await ipIn(router, 'addr', 'add', `${inputs.gateway}/${parseCidr(inputs.nodeCidr).prefix}`, 'dev', 'vpc');
  await ipIn(router, 'link', 'set', 'vpc', 'up');
}

async function linkToHost(inputs: NetworkInputs, slot: number): Promise<void> {
  const link = hostLink(slot);
  const routerIp = addressAt(inputs.publicCidr, ROUTER);
  await run('ip', ['link', 'add', link, 'mtu', String(inputs.mtu), 'type', 'veth', 'peer', 'name', 'internet', 'mtu', String(inputs.mtu), 'netns', inputs.router]);
  await ipIn(inputs.router, 'addr', 'add', `${routerIp}/32`, 'dev', 'internet');
  await ipIn(inputs.router, 'link', 'set', 'internet', 'up');
  await runIn(inputs.router, 'sysctl', ['-qw', 'net.ipv4.conf.internet.rp_filter=1']);
  await ipIn(inputs.router, 'route', 'add', `${inputs.hostIp}/32`, 'dev', 'internet');
  await run('ip', ['addr', 'add', `${inputs.hostIp}/32`, 'dev', link]);
  await run('ip', ['link', 'set', link, 'up']);
  await run('ip', ['route', 'add', `${routerIp}/32`, 'dev', link, 'src', inputs.hostIp]);
  await run('ip', ['route', 'add', inputs.publicCidr, 'via', routerIp, 'dev', link, 'src', inputs.hostIp]);
}

async function remove(lab: string): Promise<void> {
  const slot = slotOf(lab);
  if (slot) await attempt('ip', ['link', 'del', hostLink(slot.slot)]);
  if (namespaceExists(routerOf(lab))) await run('ip', ['netns', 'del', routerOf(lab)]);
}

const inspections = new Map<string, { at: number; found: Promise<string> }>();

/**
 * Says which part of a lab's network is missing or changed, or '' where it is whole. What hangs on a broken network
 * counts as gone with it, because the network is mended by making its router anew. A refresh asks this for every
 * resource at once: one look a second is enough for all.
 */
export function brokenPart(lab: string): Promise<string> {
  const last = inspections.get(lab);
  if (last && Date.now() - last.at < 1000) return last.found;
  const found = inspect(lab);
  inspections.set(lab, { at: Date.now(), found });
  return found;
}

async function inspect(lab: string): Promise<string> {
  const slot = slotOf(lab);
  const router = routerOf(lab);
  if (!slot || !namespaceExists(router)) return 'router';
  const read = await attemptIn(router, 'sysctl', ['-n', ...Object.keys(SETTINGS)]);
  if (read.stdout.trim().split('\n').join() !== Object.values(SETTINGS).join()) return 'kernel settings';
  if ((await attempt('ip', ['-n', router, 'link', 'show', 'vpc', 'up'])).stdout === '') return 'bridge';
  const tables = (await attemptIn(router, 'nft', ['list', 'tables'])).stdout;
  if (!tables.includes('table bridge vpc') || !tables.includes('table inet vpc')) return 'firewall tables';
  const mangle = await attemptIn(router, 'iptables', ['-t', 'mangle', '-S', 'PREROUTING']);
  if (!mangle.stdout.includes('-j TTL')) return 'TTL rule';
  const route = await attempt('ip', ['route', 'show', publicCidr(slot.pool, slot.slot)]);
  if (!route.stdout.includes('dev hw')) return 'public route';
  return '';
}

/** The VPC: a router in a network namespace of its own, and the lab's public /24 on this machine. */
export const networkKind: ResourceKind<NetworkInputs, NetworkState> = {
  async check(news, olds) {
    const failures: Failure[] = [];
    const lab = String(news.lab);
    if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(lab)) {
      failures.push({ property: 'lab', reason: `"${lab}" can't name a lab here: up to 40 small letters, digits and hyphens, such as local-s01` });
    }
    if (process.getuid?.() !== 0) {
      failures.push({ property: 'lab', reason: 'the local cloud makes network namespaces and machines, which takes root: run pulumi as root, or use ./lab' });
    }
    let inputs: Record<string, unknown> = news;
    try {
      const slot = chooseSlot(lab, String(news.publicPool));
      const cidr = publicCidr(String(news.publicPool), slot);
      inputs = { ...news, publicCidr: cidr, router: routerOf(lab), hostIp: addressAt(cidr, HOST), generation: olds?.generation ?? randomBytes(8).toString('hex') };
    } catch (error) {
      failures.push({ property: 'publicPool', reason: (error as Error).message });
    }
    return { inputs, failures };
  },
  async diff(olds, news, unknown) {
    const changed = changedInputs(olds, news, news, unknown);
    return { changed: olds.broken ? [...changed, 'broken'] : changed, replace: changed };
  },
  async create(inputs) {
    await blackholePool(inputs.publicPool);
    await prepareMachine();
    const slot = chooseSlot(inputs.lab, inputs.publicPool);
    if (publicCidr(inputs.publicPool, slot) !== inputs.publicCidr) {
      throw new Error(`${inputs.publicCidr} was taken by another lab since the preview: run the same command again`);
    }
    inspections.delete(inputs.lab);
    holdSlot({ lab: inputs.lab, pool: inputs.publicPool, slot });
    await remove(inputs.lab);
    await makeRouter(inputs);
    await linkToHost(inputs, slot);
    return { id: inputs.lab, state: { ...inputs, broken: '' } };
  },
  async read(lab, state) {
    if (!slotOf(lab) || !namespaceExists(state.router)) return undefined;
    return { ...state, broken: await brokenPart(lab) };
  },
  // A network that was torn is made anew in place; what hangs on it finds itself missing and mends itself.
  async update(_lab, _olds, news) {
    return (await networkKind.create(news)).state;
  },
  async delete(lab) {
    await remove(lab);
    removeGroups(lab);
    releaseSlot(lab);
  },
};
