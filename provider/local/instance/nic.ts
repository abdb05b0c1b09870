import { attempt, ipIn, run, runIn } from '../shared/command';
import {
  addressing,
  elements,
  linkTrouble,
  look,
  routesTo,
  rulesetNow,
  type NftObject,
  type Wanted,
} from '../router/router-snapshot';
import { hasIpv6 } from '../shared/ipv6';
import { namespaceExists, namespaceOf, routerOf } from '../shared/names';
import { macOf } from '../router/router';

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

/** An element of one of the VPC's sets or maps: its parts, and how nft writes it. */
const PARTS = {
  'bridge vpc addresses': ([name, address]: string[]) => `"${name}" . ${address}`,
  'inet vpc public': ([publicIp, privateIp]: string[]) => `${publicIp} : ${privateIp}`,
  'bridge vpc can_ip_forward': ([name]: string[]) => `"${name}"`,
};
type Place = keyof typeof PARTS;

/** The port's entries in the VPC's sets and maps, as they should be. */
const registration = (port: Port): [Place, string[][]][] => [
  ['bridge vpc addresses', [[port.name, port.privateIp]]],
  ['inet vpc public', [[port.publicIp, port.privateIp]]],
  ['bridge vpc can_ip_forward', port.canIpForward ? [[port.name]] : []],
];

/** Those that the VPC has of the port: whatever names it, or has one of its addresses. */
function entries(port: Port, ruleset: NftObject[], place: Place): string[][] {
  const [family, , set] = place.split(' ');
  const own = [port.name, port.privateIp, port.publicIp];
  return elements(ruleset, family, set).filter((parts) => parts.some((part) => own.includes(part)));
}

/** Makes the VPC's word on who the port is what `wanted` says, in one transaction. */
async function register(port: Port, wanted: [Place, string[][]][]): Promise<void> {
  const ruleset = await rulesetNow(port.lab);
  const commands = wanted.flatMap(([place, parts]) => {
    const found = entries(port, ruleset, place).map(PARTS[place]);
    const should = parts.map(PARTS[place]);
    return [
      ...found
        .filter((entry) => !should.includes(entry))
        .map((entry) => `delete element ${place} { ${entry} }`),
      ...should
        .filter((entry) => !found.includes(entry))
        .map((entry) => `add element ${place} { ${entry} }`),
    ];
  });
  if (commands.length > 0)
    await runIn(routerOf(port.lab), 'nft', ['-f', '-'], `${commands.join('\n')}\n`);
}

const outer = (port: Port): Wanted => ({ name: port.name, mtu: port.mtu, master: 'vpc' });
const inner = (port: Port): Wanted & { mac: string; address: string } => ({
  name: 'eth0',
  mtu: port.mtu,
  mac: macOf(port.privateIp),
  address: `${port.privateIp}/${port.prefixLength}`,
});

/** Connects the machine's namespace to the VPC, making what is missing and mending what is otherwise than it should be. */
export async function attach(port: Port): Promise<void> {
  const [router, namespace] = [routerOf(port.lab), namespaceOf(port.lab, port.name)];
  const { mac, address } = inner(port);
  const mtu = String(port.mtu);
  if (!namespaceExists(namespace)) await run('ip', ['netns', 'add', namespace]);
  await ipIn(namespace, 'link', 'set', 'lo', 'up');
  if (
    !(await addressing(router)).links.has(port.name) ||
    !(await addressing(namespace)).links.has('eth0')
  ) {
    // One end may still lead to a router or a machine that is gone.
    await attempt('ip', ['-n', router, 'link', 'del', port.name]);
    await attempt('ip', ['-n', namespace, 'link', 'del', 'eth0']);
    await ipIn(
      router,
      'link',
      'add',
      port.name,
      'mtu',
      mtu,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'address',
      mac,
      'mtu',
      mtu,
      'netns',
      namespace,
    );
  }
  await ipIn(router, 'link', 'set', port.name, 'master', 'vpc', 'mtu', mtu, 'up');
  await ipIn(namespace, 'addr', 'replace', address, 'dev', 'eth0');
  await ipIn(namespace, 'link', 'set', 'eth0', 'address', mac, 'mtu', mtu, 'up');
  await ipIn(namespace, 'route', 'replace', 'default', 'via', port.gateway, 'dev', 'eth0');
  if (hasIpv6()) await runIn(namespace, 'sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1']);
  await register(port, registration(port));
}

/** How the port is otherwise than it was made, in words; '' where it isn't. */
export async function portTrouble(port: Port): Promise<string> {
  const router = await look(port.lab);
  const namespace = namespaceOf(port.lab, port.name);
  if (!router) return 'its router is gone';
  if (!namespaceExists(namespace)) return 'its network namespace is gone';
  const machine = await addressing(namespace);
  const links = [
    ['its port', linkTrouble(router, outer(port))],
    ['its eth0', linkTrouble(machine, inner(port))],
  ];
  const told = links.flatMap(([name, trouble]) => (trouble ? `${name} ${trouble}` : []));
  if (!routesTo(machine, 'default').some(({ gateway }) => gateway === port.gateway))
    told.push('its default route is gone');
  for (const [place, parts] of registration(port)) {
    if (String(entries(port, router.ruleset, place).sort()) !== String(parts))
      told.push(`its entry in the set ${place} is not as it was`);
  }
  return told.join('; ');
}

/** Takes the machine off the VPC; what is gone already is fine. */
export async function detach(port: Port): Promise<void> {
  const [router, namespace] = [routerOf(port.lab), namespaceOf(port.lab, port.name)];
  if (namespaceExists(router)) {
    await register(
      port,
      registration(port).map(([place]) => [place, []]),
    );
    await attempt('ip', ['-n', router, 'link', 'del', port.name]);
  }
  if (namespaceExists(namespace)) await run('ip', ['netns', 'del', namespace]);
}
