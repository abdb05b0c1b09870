import { attempt, ipIn, run, runIn } from '../../provider/local/shared/command';
import { namespaceExists, namespaceOf, routerOf } from '../../provider/local/shared/names';
import { macOf } from '../../provider/local/router/router';
import type { Port } from './network-plan';
import { MTU } from './router';

/** Creates the network namespace of an instance or a balancer, connected to its VPC's router. */
export async function attachPort(vpc: string, part: string, port: Port): Promise<void> {
  const [router, namespace] = [routerOf(vpc), namespaceOf(vpc, part)];
  // Removes leftovers of an attempt that failed.
  await detachPort(vpc, part, port.name);
  await run('ip', ['netns', 'add', namespace]);
  // Settings of new interfaces, the pods' bridge included. Addresses do not come from the kernel.
  const settings = ['accept_dad=0', 'accept_ra=0'].map((one) => `net.ipv6.conf.default.${one}`);
  await runIn(namespace, 'sysctl', ['-qw', ...settings]);
  await ipIn(namespace, 'link', 'set', 'lo', 'up');
  const end = ['peer', 'name', 'eth0', 'address', macOf(port.privateIp), 'netns', namespace];
  await ipIn(router, 'link', 'add', port.name, 'mtu', String(MTU), 'type', 'veth', ...end);
  await runIn(router, 'sysctl', ['-qw', `net.ipv4.neigh.${port.name}.proxy_delay=0`]);
  await ipIn(router, 'link', 'set', port.name, 'up');
  const address = `${port.privateIp}/${port.prefixLength}`;
  await ipIn(namespace, 'addr', 'add', address, 'dev', 'eth0');
  await ipIn(namespace, 'link', 'set', 'eth0', 'mtu', String(MTU), 'up');
  await ipIn(namespace, 'route', 'add', 'default', 'via', port.gateway, 'dev', 'eth0');
  await attach6(router, namespace, port);
}

/** Address of the router on each link, as a router of AWS has one. */
const ROUTER6 = 'fe80::1';

/**
 * Gives an instance the IPv6 address and the routes that DHCPv6 and router advertisements of AWS give
 * it: an address without a network, the subnet as a link, and a link-local gateway.
 */
async function attach6(router: string, namespace: string, port: Port): Promise<void> {
  const { name, ipv6 } = port;
  if (!ipv6)
    return void (await runIn(namespace, 'sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1']));
  await runIn(router, 'sysctl', [
    '-qw',
    `net.ipv6.conf.${name}.disable_ipv6=0`,
    `net.ipv6.neigh.${name}.proxy_delay=0`,
  ]);
  await ipIn(router, 'addr', 'add', `${ROUTER6}/64`, 'dev', name, 'nodad');
  await ipIn(namespace, 'addr', 'add', `${ipv6.address}/128`, 'dev', 'eth0', 'nodad');
  await ipIn(namespace, '-6', 'route', 'add', ipv6.network, 'dev', 'eth0', 'proto', 'ra');
  const gateway = ['default', 'via', ROUTER6, 'dev', 'eth0', 'proto', 'ra'];
  await ipIn(namespace, '-6', 'route', 'add', ...gateway);
}

export async function detachPort(vpc: string, part: string, port: string): Promise<void> {
  await attempt('ip', ['-n', routerOf(vpc), 'link', 'del', port]);
  const namespace = namespaceOf(vpc, part);
  if (namespaceExists(namespace)) await run('ip', ['netns', 'del', namespace]);
}
