import { itemsIf } from '../../../util/optional';
import { problemUnless } from '../../../util/problems';
import { attempt, ipIn, loadNft, run, runIn } from '../shared/command';
import {
  addressing,
  elements,
  hasAddress,
  linkDrift,
  routerSnapshot,
  routes6,
  routesTo,
  readRuleset,
  type Addressing,
  type NftObject,
  type ExpectedLink,
} from '../router/router-snapshot';
import { hasIpv6 } from '../shared/ipv6';
import { namespaceExists, namespaceOf, routerOf } from '../shared/names';
import { macOf } from '../router/router';
import { createVeth } from '../shared/veth';

/** Network interface of a node: its addresses, and its permission to forward packets. */
export interface Nic {
  lab: string;
  /** Generation of the network that the resource belongs to. */
  network: string;
  name: string;
  privateIp: string;
  publicIp: string;
  gateway: string;
  /** IPv6 addresses of node and router, in a /64; unset unless the lab is dual-stack. */
  privateIp6?: string;
  gateway6?: string;
  prefixLength: number;
  mtu: number;
  canIpForward: boolean;
}

/** Formats an element of one of the VPC's nft sets or maps. */
const PARTS = {
  'bridge vpc addresses': ([name, address]: string[]) => `"${name}" . ${address}`,
  'bridge vpc addresses6': ([name, address]: string[]) => `"${name}" . ${address}`,
  'inet vpc public': ([publicIp, privateIp]: string[]) => `${publicIp} : ${privateIp}`,
  'bridge vpc can_ip_forward': ([name]: string[]) => `"${name}"`,
};
type SetName = keyof typeof PARTS;

/** Returns the interface's expected elements in the VPC's sets and maps. */
const registration = (nic: Nic): [SetName, string[][]][] => [
  ['bridge vpc addresses', [[nic.name, nic.privateIp]]],
  ...itemsIf(nic.privateIp6, ['bridge vpc addresses6', [[nic.name, nic.privateIp6]]] as [
    SetName,
    string[][],
  ]),
  ['inet vpc public', [[nic.publicIp, nic.privateIp]]],
  ['bridge vpc can_ip_forward', itemsIf(nic.canIpForward, [nic.name])],
];

/** Returns the actual elements that contain the interface's name or one of its addresses. */
function entries(nic: Nic, ruleset: NftObject[], set: SetName): string[][] {
  const [family, , setName] = set.split(' ');
  const identities = [nic.name, nic.privateIp, nic.privateIp6, nic.publicIp];
  return elements(ruleset, family, setName).filter((parts) =>
    parts.some((part) => identities.includes(part)),
  );
}

/**
 * Changes the interface's elements in the VPC's sets and maps to `expected`, in one transaction.
 */
async function register(nic: Nic, expected: [SetName, string[][]][]): Promise<void> {
  const ruleset = await readRuleset(nic.lab);
  const commands = expected.flatMap(([set, parts]) => {
    const actual = entries(nic, ruleset, set).map(PARTS[set]);
    const declared = parts.map(PARTS[set]);
    return [
      ...actual
        .filter((entry) => !declared.includes(entry))
        .map((entry) => `delete element ${set} { ${entry} }`),
      ...declared
        .filter((entry) => !actual.includes(entry))
        .map((entry) => `add element ${set} { ${entry} }`),
    ];
  });
  if (commands.length > 0) await loadNft(routerOf(nic.lab), `${commands.join('\n')}\n`);
}

const outer = (nic: Nic): ExpectedLink => ({ name: nic.name, mtu: nic.mtu, master: 'vpc' });
const inner = (nic: Nic): ExpectedLink & { mac: string; address: string } => ({
  name: 'eth0',
  mtu: nic.mtu,
  mac: macOf(nic.privateIp),
  address: `${nic.privateIp}/${nic.prefixLength}`,
});

/** Settings of the namespace's new interfaces, including those of the pods' bridge. */
const DUAL_SETTINGS = {
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.disable_ipv6': '0',
  // The VPC knows each address's owner: detecting duplicates would only delay the first packet.
  'net.ipv6.conf.default.accept_dad': '0',
  'net.ipv6.conf.default.accept_ra': '0',
};

/** Sets the namespace's IPv6: on before its interfaces exist, or off. */
async function prepareIpv6(namespace: string, { privateIp6 }: Nic): Promise<void> {
  if (!hasIpv6()) return;
  let settings: Record<string, string> = { 'net.ipv6.conf.all.disable_ipv6': '1' };
  if (privateIp6) settings = DUAL_SETTINGS;
  const values = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await runIn(namespace, 'sysctl', ['-qw', ...values]);
}

/** Adds the IPv6 address and the default route. */
async function attach6(namespace: string, { privateIp6, gateway6 }: Nic): Promise<void> {
  if (!privateIp6 || !gateway6) return;
  await ipIn(namespace, 'addr', 'replace', `${privateIp6}/64`, 'dev', 'eth0', 'nodad');
  await ipIn(namespace, '-6', 'route', 'replace', 'default', 'via', gateway6, 'dev', 'eth0');
}

/** Connects the node's namespace to the VPC. Creates what is missing and repairs what differs. */
export async function attach(nic: Nic): Promise<void> {
  const router = routerOf(nic.lab);
  const namespace = namespaceOf(nic.lab, nic.name);
  const { mac, address } = inner(nic);
  const mtu = String(nic.mtu);
  if (!namespaceExists(namespace)) await run('ip', ['netns', 'add', namespace]);
  if (nic.privateIp6) await prepareIpv6(namespace, nic);
  await ipIn(namespace, 'link', 'set', 'lo', 'up');
  if (
    !(await addressing(router)).links.has(nic.name) ||
    !(await addressing(namespace)).links.has('eth0')
  ) {
    // One end may still be connected to a deleted router or node.
    await attempt('ip', ['-n', router, 'link', 'del', nic.name]);
    await attempt('ip', ['-n', namespace, 'link', 'del', 'eth0']);
    const peer = { name: 'eth0', namespace, mac };
    await ipIn(router, ...createVeth({ name: nic.name, mtu: nic.mtu, peer }));
  }
  await ipIn(router, 'link', 'set', nic.name, 'master', 'vpc', 'mtu', mtu, 'up');
  await ipIn(namespace, 'addr', 'replace', address, 'dev', 'eth0');
  await ipIn(namespace, 'link', 'set', 'eth0', 'address', mac, 'mtu', mtu, 'up');
  await ipIn(namespace, 'route', 'replace', 'default', 'via', nic.gateway, 'dev', 'eth0');
  if (nic.privateIp6) await attach6(namespace, nic);
  else await prepareIpv6(namespace, nic);
  await register(nic, registration(nic));
}

/** Lists the drift of the interface's IPv6 address and default route. */
async function drift6(nic: Nic, namespace: string, node: Addressing): Promise<string[]> {
  if (!nic.privateIp6) return [];
  const address = `${nic.privateIp6}/64`;
  const routes = await routes6(namespace);
  const isRouted = routes.some(({ dst, gateway }) => dst === 'default' && gateway === nic.gateway6);
  return [
    ...problemUnless(hasAddress(node, 'eth0', address), `eth0 lacks the address ${address}`),
    ...problemUnless(isRouted, 'the IPv6 default route is missing'),
  ];
}

/** Returns the drift of the interface; '' if there is none. */
export async function nicDrift(nic: Nic): Promise<string> {
  const router = await routerSnapshot(nic.lab);
  const namespace = namespaceOf(nic.lab, nic.name);
  if (!router) return 'the router is missing';
  if (!namespaceExists(namespace)) return 'the network namespace is missing';
  const node = await addressing(namespace);
  const links = [
    ['the port', linkDrift(router, outer(nic))],
    ['eth0', linkDrift(node, inner(nic))],
  ];
  const drift = links.flatMap(([name, difference]) => itemsIf(difference, `${name} ${difference}`));
  if (!routesTo(node, 'default').some(({ gateway }) => gateway === nic.gateway))
    drift.push('the default route is missing');
  drift.push(...(await drift6(nic, namespace, node)));
  for (const [set, parts] of registration(nic)) {
    if (String(entries(nic, router.ruleset, set).sort()) !== String(parts))
      drift.push(`the entry in the set ${set} was changed`);
  }
  return drift.join('; ');
}

/** Disconnects the node from the VPC. Missing parts are ignored. */
export async function detach(nic: Nic): Promise<void> {
  const router = routerOf(nic.lab);
  const namespace = namespaceOf(nic.lab, nic.name);
  if (namespaceExists(router)) {
    await register(
      nic,
      registration(nic).map(([set]) => [set, []]),
    );
    await attempt('ip', ['-n', router, 'link', 'del', nic.name]);
  }
  if (namespaceExists(namespace)) await run('ip', ['netns', 'del', namespace]);
}
