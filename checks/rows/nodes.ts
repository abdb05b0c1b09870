import type { Node } from '../../components/topology';
import { textIf } from '../../util/optional';
import { problemUnless } from '../../util/problems';
import type { Check, Evidence } from '../check';
import { linesWith, type as typeOn, type LabUnderTest } from '../lab';
import { FULL_TABLE } from '../unreachable';
import { parseAnswers, type Link, type Route } from '../parsers/listings';

interface Address {
  addr_info: { family: string; local: string }[];
}

/** Logs in to a node at its public address, and compares its name and private address with the plan. */
async function identity(
  lab: LabUnderTest,
  node: Node,
): Promise<{ line: string; problems: string[] }> {
  const publicIp = lab.outputs.nodes.find(({ name }) => name === node.name)?.publicIp || 'none';
  const [hostname, addresses] = await typeOn(lab, node.name, ['hostname', 'ip -j -4 address']);
  const name = hostname.trim();
  const own = (JSON.parse(addresses) as Address[]).flatMap((link) =>
    link.addr_info.map((address) => address.local),
  );
  const problems = [
    ...problemUnless(
      name === node.name,
      `${publicIp} leads to ${name}, expected ${node.name}: look at \`hostname\` there, and at which node has that public address`,
    ),
    ...problemUnless(
      own.includes(node.privateIp),
      `${node.name} has ${own.join(', ')}, expected ${node.privateIp}: look at \`ip address\` there`,
    ),
  ];
  return {
    line: [
      name.padEnd(14),
      (own.includes(node.privateIp) ? node.privateIp : (own.at(-1) ?? '')).padEnd(16),
      publicIp,
    ].join(' '),
    problems,
  };
}

const nodesList: Check = {
  id: 'nodes.list',
  title: 'Every node has its private and its public address',
  node: 'laptop',
  command: 'for every node: ssh ubuntu@PUBLIC_IP "hostname; ip -4 address"',
  expected:
    'each public address leads to the node of that name, which has the private address of the plan',
  stage: 'none',
  workers: 1,
  async run(lab): Promise<Evidence> {
    const asked = lab.topology.nodes.map((node) =>
      identity(lab, node).catch((error: Error) => ({
        line: `${node.name}: no answer over SSH`,
        problems: [error.message],
      })),
    );
    const seen = await Promise.all(asked);
    return {
      node: 'laptop',
      command: nodesList.command,
      expected: `${lab.topology.nodes.length} nodes: ${lab.topology.nodes.map((node) => `${node.name} ${node.privateIp}`).join(', ')}`,
      evidence: seen.map(({ line }) => line).join('\n'),
      problems: seen.flatMap(({ problems }) => problems),
      look: '',
    };
  },
};

/** Bytes of an IP header and an ICMP header. */
const PING_HEADERS = 28;

/** Matches states of the neighbour table in which a node has answered ARP lately. */
const ANSWERS_ARP = /\b(REACHABLE|DELAY|PROBE|STALE)\b/;

/** Pings the next node from `node`: by address, by name, and with a packet as large as the network carries. */
async function pingNext(
  lab: LabUnderTest,
  node: Node,
  next: Node,
): Promise<{ lines: string[]; problems: string[] }> {
  const { mtu } = lab.topology;
  const ping = (target: string, options = ''): string =>
    `ping -c 1 -W 2 ${options}${target} 2>&1 || true`;
  const [byAddress, byName, large, neighbour, routes, links] = await typeOn(lab, node.name, [
    ping(next.privateIp),
    ping(next.name),
    ping(next.privateIp, `-M do -s ${mtu - PING_HEADERS} `),
    `ip neigh show to ${next.privateIp}`,
    'ip -j route show default',
    'ip -j link',
  ]);
  const answered = (output: string): boolean => parseAnswers(output).length > 0;
  const device = (JSON.parse(routes) as Route[])[0]?.dev;
  const own = (JSON.parse(links) as Link[]).find(({ ifname }) => ifname === device);
  const problems: string[] = [];
  // A cloud's own MTU may be larger, which does no harm.
  if (own && own.mtu < mtu)
    problems.push(
      `${node.name} has mtu ${own.mtu} on ${own.ifname}, expected ${mtu}: look at \`ip link\` there`,
    );
  if (!answered(byAddress)) {
    const there = textIf(
      ANSWERS_ARP.test(neighbour),
      ', which does answer ARP: a rule drops the packets',
    );
    problems.push(`${node.name} got no answer from ${next.privateIp} (${next.name})${there}`);
  } else if (!answered(large)) {
    problems.push(
      `${node.name} got an answer from ${next.name} to a small packet, but not to one of ${mtu} bytes: look at \`ip link\` on both, for an mtu other than ${mtu}`,
    );
  }
  if (!answered(byName) && answered(byAddress))
    problems.push(`${node.name} got no answer from ${next.name} by name: look at /etc/hosts there`);
  // If the name resolves to another address, another node has answered.
  const named = /^PING \S+ \((\d+\.\d+\.\d+\.\d+)\)/m.exec(byName)?.[1];
  if (named !== undefined && named !== next.privateIp)
    problems.push(
      `${node.name} resolves ${next.name} to ${named}, expected ${next.privateIp}: look at /etc/hosts there`,
    );
  const lines = [byAddress, byName, large].flatMap((output) =>
    linesWith(output, /bytes from|too long|frag needed/i),
  );
  return { lines: lines.map((line) => `${node.name}: ${line}`), problems };
}

const nodesPing: Check = {
  id: 'nodes.ping',
  title: 'Nodes ping each other by private address, by name and with the largest packet',
  node: 'every node',
  command:
    'ping -c 1 NEXT_NODE_IP; ping -c 1 NEXT_NODE; ping -c 1 -M do -s MTU_LESS_28 NEXT_NODE_IP',
  expected:
    'an answer from each node to the one before it, by address, by name, and to a packet of the MTU that may not be fragmented',
  stage: 'none',
  workers: 1,
  async run(lab): Promise<Evidence> {
    const { nodes, mtu } = lab.topology;
    const asked = nodes.map((node, at) => {
      const next = nodes[(at + 1) % nodes.length];
      return pingNext(lab, node, next).catch((error: Error) => ({
        lines: [`${node.name}: no answer over SSH`],
        problems: [error.message],
      }));
    });
    const seen = await Promise.all(asked);
    const { name, privateIp } = nodes[1];
    return {
      node: nodes.map((node) => node.name).join(', '),
      command: `ping -c 1 -W 2 ${privateIp}; ping -c 1 -W 2 ${name}; ping -c 1 -W 2 -M do -s ${mtu - PING_HEADERS} ${privateIp} (on ${nodes[0].name}; likewise on the other nodes)`,
      expected: `${3 * nodes.length} answers: every node reaches the next by address, by name, and with a packet of ${mtu} bytes`,
      evidence: seen.flatMap(({ lines }) => lines).join('\n'),
      problems: seen.flatMap(({ problems }) => problems),
      look: `look at the firewall rule allow-internal-icmp, whether the other node runs, and ${FULL_TABLE}`,
    };
  },
};

export const nodeChecks: Check[] = [nodesPing, nodesList];
