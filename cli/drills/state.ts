import type { Access } from '../../checks';
import { runAt } from './places';

/**
 * Command that prints the kernel's settings of a network namespace. Leaves out the settings of pods'
 * interfaces, and counters and limits of the connection tracking table: they change on their own, or
 * belong to the host.
 */
export const SYSCTLS = `sysctl -a --pattern '^net[.]' 2> /dev/null |
  grep -vE '[.]veth[0-9a-f]+[.]|^net[.]netfilter[.]nf_conntrack_(buckets|count|max) '`;

/** Script that prints the state of a node which a drill could change and a check might not see. */
const NODE_STATE = `
hostname
# A bridge has a carrier while a pod is on its node. A restored node has another peer of eth0.
ip -o link | grep -v veth | sed 's/^[0-9]*: //; s/@if[0-9]*//; s/<[^>]*>//; s/ qdisc.*//'
ip route | sed 's/ linkdown//'
sudo iptables-save | grep -E '^(-A|:)' | grep -vE 'KUBE|CNI' | sed 's/ \\[.*//'
sudo ${SYSCTLS}
sudo find /etc /opt/cni -xdev -type f -exec cksum {} + |
  sed -E 's/^([0-9]+) ([0-9]+) (.*)/file \\3 (\\2 bytes, checksum \\1)/'
sudo find /home /root /usr/local -xdev -type f ! -path '*/.*' -printf 'file %p (%s bytes, mode %m)\\n'
sudo find /run -maxdepth 1 -type f ! -name utmp
systemctl list-units --type=service --state=running,failed --plain --no-legend | grep -vE 'user@|session' | sed 's/ .*//'
test "$(sudo conntrack -C)" -lt 100000 && echo 'conntrack is not full'
`;

/** Script that prints the state of the router, in an order that does not matter. */
const ROUTER_STATE = `
ip route
nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*/counter/' | sort
${SYSCTLS}
`;

/** Reads the state of nodes, router and namespaces of the cluster, as lines. */
export async function readState(access: Access): Promise<string[]> {
  const places = [...access.outputs.nodes.map(({ name }) => name), 'router'];
  const ran = await Promise.all(
    places.map((place) => runAt(access, place, place === 'router' ? ROUTER_STATE : NODE_STATE)),
  );
  const cluster = await access.kubectl(['get', 'namespaces', '--output=name']);
  const lines = ran.flatMap(({ stdout }, index) =>
    stdout.split('\n').map((line) => `${places[index]}: ${line.trim()}`),
  );
  // The namespaces of the checks are deleted a few seconds later.
  const names = cluster.stdout.split('\n').filter((name) => !name.includes('hardway-verify'));
  return [...lines, ...names];
}

/** Lists the elements of `all` that `some` does not have. */
export const missingIn = (all: string[], some: string[]): string[] =>
  all.filter((one) => !some.includes(one));

/** Compares two states: a line for each element that one has and the other has not. */
export function compareStates(before: string[], after: string[]): string[] {
  return [
    ...missingIn(after, before).map((line) => `left: ${line}`),
    ...missingIn(before, after).map((line) => `lost: ${line}`),
  ];
}
