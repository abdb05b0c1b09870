import { attempt, attemptIn, ipIn, run, runIn } from './command';
import { macOf } from './network';
import { namespaceExists, namespaceOf, routerOf } from './places';

/** A machine's place in the VPC: its interface, its addresses, and whether it may forward. */
export interface Port {
  lab: string;
  /** Generation of the network that it is in. */
  network: string;
  name: string;
  privateIp: string;
  publicIp: string;
  gateway: string;
  prefixLength: number;
  mtu: number;
  canIpForward: boolean;
}

/** Adds an element of one of the VPC's nft sets or maps, or removes it; both may be repeated. */
async function element(port: Port, action: 'add' | 'delete', set: string, value: string): Promise<void> {
  const result = await attemptIn(routerOf(port.lab), 'nft', [action, 'element', ...set.split(' '), `{ ${value} }`]);
  if (result.code !== 0 && action === 'add') throw new Error(`${port.name}: ${set} does not take ${value}: ${result.stderr.trim()}`);
}

/** The VPC's word on who the port is: its own address, its public address, its right to forward. */
async function register(port: Port): Promise<void> {
  await element(port, 'add', 'bridge vpc addresses', `"${port.name}" . ${port.privateIp}`);
  // A map keeps the value that an address had before, so it goes first.
  await element(port, 'delete', 'inet vpc public', port.publicIp);
  await element(port, 'add', 'inet vpc public', `${port.publicIp} : ${port.privateIp}`);
  await setForwarding(port);
}

/** canIpForward of a machine that is attached. */
export const setForwarding = (port: Port): Promise<void> =>
  element(port, port.canIpForward ? 'add' : 'delete', 'bridge vpc can_ip_forward', `"${port.name}"`);

/** Connects the machine's namespace to the VPC, making what is missing. */
export async function attach(port: Port): Promise<void> {
  const [router, namespace] = [routerOf(port.lab), namespaceOf(port.lab, port.name)];
  if (!namespaceExists(namespace)) await run('ip', ['netns', 'add', namespace]);
  await ipIn(namespace, 'link', 'set', 'lo', 'up');
  if ((await attempt('ip', ['-n', router, 'link', 'show', port.name])).code !== 0) {
    const mtu = String(port.mtu);
    // Of a router that is just gone, the machine's end may still be there for a moment.
    await attempt('ip', ['-n', namespace, 'link', 'del', 'eth0']);
    await ipIn(router, 'link', 'add', port.name, 'mtu', mtu, 'type', 'veth', 'peer', 'name', 'eth0', 'address', macOf(port.privateIp), 'mtu', mtu, 'netns', namespace);
  }
  await ipIn(router, 'link', 'set', port.name, 'master', 'vpc', 'up');
  await ipIn(namespace, 'addr', 'replace', `${port.privateIp}/${port.prefixLength}`, 'dev', 'eth0');
  await ipIn(namespace, 'link', 'set', 'eth0', 'up');
  await ipIn(namespace, 'route', 'replace', 'default', 'via', port.gateway, 'dev', 'eth0');
  await runIn(namespace, 'sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1']);
  await register(port);
}

/** Whether the VPC knows the port as it should be. */
export async function isAttached(port: Port): Promise<boolean> {
  const [router, namespace] = [routerOf(port.lab), namespaceOf(port.lab, port.name)];
  if (!namespaceExists(namespace) || !namespaceExists(router)) return false;
  const outer = await attempt('ip', ['-n', router, '-j', 'link', 'show', port.name]);
  if (outer.code !== 0 || (JSON.parse(outer.stdout) as { master?: string }[])[0]?.master !== 'vpc') return false;
  const inner = await attempt('ip', ['-n', namespace, '-o', '-4', 'addr', 'show', 'dev', 'eth0']);
  if (!inner.stdout.includes(`${port.privateIp}/`)) return false;
  const has = async (set: string, value: string): Promise<boolean> =>
    (await attemptIn(router, 'nft', ['get', 'element', ...set.split(' '), `{ ${value} }`])).code === 0;
  return (await has('bridge vpc addresses', `"${port.name}" . ${port.privateIp}`)) && (await has('inet vpc public', `${port.publicIp} : ${port.privateIp}`));
}

/** Whether the VPC lets the machine forward now. */
export const forwards = async (port: Port): Promise<boolean> =>
  (await attemptIn(routerOf(port.lab), 'nft', ['get', 'element', 'bridge', 'vpc', 'can_ip_forward', `{ "${port.name}" }`])).code === 0;

/** Takes the machine off the VPC; what is gone already is fine. */
export async function detach(port: Port): Promise<void> {
  const [router, namespace] = [routerOf(port.lab), namespaceOf(port.lab, port.name)];
  if (namespaceExists(router)) {
    await element(port, 'delete', 'bridge vpc addresses', `"${port.name}" . ${port.privateIp}`);
    await element(port, 'delete', 'inet vpc public', port.publicIp);
    await element(port, 'delete', 'bridge vpc can_ip_forward', `"${port.name}"`);
    await attempt('ip', ['-n', router, 'link', 'del', port.name]);
  }
  if (namespaceExists(namespace)) await run('ip', ['netns', 'del', namespace]);
}
