import { attempt, ipIn, run, runIn } from '../../provider/local/shared/command';
import { namespaceExists, namespaceOf, routerOf } from '../../provider/local/shared/names';
import { macOf } from '../../provider/local/router/router';
import type { Port } from './network-plan';
import { MTU } from './router';

/** Creates the network namespace of an instance or a balancer, connected to its VPC's router. */
export async function attachPort(vpc: string, part: string, port: Port): Promise<void> {
  const [router, namespace] = [routerOf(vpc), namespaceOf(vpc, part)];
  // What an attempt that failed left.
  await detachPort(vpc, part, port.name);
  await run('ip', ['netns', 'add', namespace]);
  await ipIn(namespace, 'link', 'set', 'lo', 'up');
  const end = ['peer', 'name', 'eth0', 'address', macOf(port.privateIp), 'netns', namespace];
  await ipIn(router, 'link', 'add', port.name, 'mtu', String(MTU), 'type', 'veth', ...end);
  await runIn(router, 'sysctl', ['-qw', `net.ipv4.neigh.${port.name}.proxy_delay=0`]);
  await ipIn(router, 'link', 'set', port.name, 'up');
  const address = `${port.privateIp}/${port.prefixLength}`;
  await ipIn(namespace, 'addr', 'add', address, 'dev', 'eth0');
  await ipIn(namespace, 'link', 'set', 'eth0', 'mtu', String(MTU), 'up');
  await ipIn(namespace, 'route', 'add', 'default', 'via', port.gateway, 'dev', 'eth0');
  await runIn(namespace, 'sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1']);
}

export async function detachPort(vpc: string, part: string, port: string): Promise<void> {
  await attempt('ip', ['-n', routerOf(vpc), 'link', 'del', port]);
  const namespace = namespaceOf(vpc, part);
  if (namespaceExists(namespace)) await run('ip', ['netns', 'del', namespace]);
}
