/**
 * Connects two nodes of a dual-stack lab, in the network namespace of a host that has
 * `disable_ipv6=1`: `node bin/run.cjs test/support/disabled-ipv6.ts [inherited]`. With `inherited`
 * the lab's namespaces begin with that setting, as with the host's `devconf_inherit_init_net=1`.
 * Prints the neighbours of the first node as `ip -6 neigh` does.
 */
import { attach, type Nic } from '../../provider/local/instance/nic';
import { attemptIn, run, runIn } from '../../provider/local/shared/command';
import { namespaceOf, routerOf } from '../../provider/local/shared/names';
import { ensureRouter } from '../../provider/local/router/router';
import { poll } from '../../util/poll';

const LAB = 'disabled-ipv6';
const OFF = ['net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1'];

const nic = (host: string): Nic => ({
  ...{ lab: LAB, network: 'first', name: `worker-${host}`, mtu: 1500, canIpForward: true },
  ...{ privateIp: `10.240.0.${host}`, publicIp: `198.18.0.${host}`, prefixLength: 24 },
  ...{ gateway: '10.240.0.1', privateIp6: `fd00:10:240::${host}`, gateway6: 'fd00:10:240::1' },
});

async function main(inherited: string | undefined): Promise<void> {
  const nics = ['20', '21'].map(nic);
  const namespaces = [routerOf(LAB), ...nics.map(({ name }) => namespaceOf(LAB, name))];
  await run('sysctl', ['-qw', ...OFF]);
  for (const namespace of inherited ? namespaces : []) {
    await run('ip', ['netns', 'add', namespace]);
    await runIn(namespace, 'sysctl', ['-qw', ...OFF]);
  }
  await ensureRouter({
    ...{ lab: LAB, router: routerOf(LAB), nodeCidr: '10.240.0.0/24', gateway: '10.240.0.1' },
    ...{ gateway6: 'fd00:10:240::1', publicCidr: '198.18.0.0/24', publicPool: '198.18.0.0/16' },
    ...{ hostIp: '198.18.0.1', mtu: 1500, link: 'hwtest' },
  });
  for (const one of nics) await attach(one);
  const first = namespaces[1];
  const neighbours = async (): Promise<string> =>
    (await attemptIn(first, 'ip', ['-6', 'neigh', 'show', 'dev', 'eth0'])).stdout;
  for (const address of ['fd00:10:240::1', 'fd00:10:240::21'])
    await attemptIn(first, 'bash', ['-c', `echo > /dev/udp/${address}/9`]);
  const areKnown = async (): Promise<boolean> =>
    ((await neighbours()).match(/^fd00:.*lladdr/gm) ?? []).length === 2;
  await poll(areKnown, { limit: 5000 });
  process.stdout.write(await neighbours());
}

main(process.argv[2]).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
