import type { Check } from '../check';
import { linesWith, type as typeOn, type Lab } from '../lab';
import { parseAnswers } from '../listings';
import type { Node } from '../../components/topology';

interface Address {
  addr_info: { family: string; local: string }[];
}

/** What a node says of itself over its public address. */
async function identity(lab: Lab, node: Node): Promise<{ line: string; problems: string[] }> {
  const publicIp = lab.outputs.nodes.find(({ name }) => name === node.name)?.publicIp ?? 'none';
  const [hostname, addresses] = await typeOn(lab, node.name, ['hostname', 'ip -j -4 address']);
  const name = hostname.trim();
  const own = (JSON.parse(addresses) as Address[]).flatMap((link) => link.addr_info.map((address) => address.local));
  const problems = [
    ...(name === node.name ? [] : [`${publicIp} leads to ${name}, expected ${node.name}`]),
    ...(own.includes(node.privateIp) ? [] : [`${node.name} has ${own.join(', ')}, not ${node.privateIp}`]),
  ];
  return { line: [name.padEnd(14), (own.includes(node.privateIp) ? node.privateIp : own.at(-1) ?? '').padEnd(16), publicIp].join(' '), problems };
}

const nodesList: Check = {
  id: 'nodes.list',
  title: 'Every node, with its private and its public address',
  node: 'laptop',
  command: 'for every node: ssh ubuntu@PUBLIC_IP "hostname; ip -4 address"',
  expected: 'each public address leads to the node of that name, which has the private address of the plan',
  stage: 'none',
  workers: 1,
  async run(lab) {
    const asked = lab.topology.nodes.map((node) =>
      identity(lab, node).catch((error: Error) => ({ line: `${node.name} does not answer`, problems: [error.message] })),
    );
    const seen = await Promise.all(asked);
    return {
      node: 'laptop',
      command: nodesList.command,
      expected: `${lab.topology.nodes.length} nodes: ${lab.topology.nodes.map((node) => `${node.name} ${node.privateIp}`).join(', ')}`,
      evidence: seen.map(({ line }) => line).join('\n'),
      problems: seen.flatMap(({ problems }) => problems),
      look: 'look at the machine itself, its public address and the firewall rule allow-ssh',
    };
  },
};

/** Pings the next node from `node`, by address and by name. */
async function pingNext(lab: Lab, node: Node, next: Node): Promise<{ lines: string[]; problems: string[] }> {
  const ping = (target: string): string => `ping -c 1 -W 2 ${target} || true`;
  const outputs = await typeOn(lab, node.name, [ping(next.privateIp), ping(next.name)]);
  const problems = [next.privateIp, next.name].flatMap((target, at) =>
    parseAnswers(outputs[at]).length > 0 ? [] : [`${node.name} got no answer from ${target}${target === next.name ? '' : ` (${next.name})`}`],
  );
  // A name must lead to the node's own address, or it is another machine that answered.
  const named = /^PING \S+ \((\d+\.\d+\.\d+\.\d+)\)/m.exec(outputs[1])?.[1];
  if (named !== undefined && named !== next.privateIp) problems.push(`${node.name} takes ${next.name} for ${named}, expected ${next.privateIp}`);
  return { lines: outputs.flatMap((output) => linesWith(output, /bytes from/)).map((line) => `${node.name}: ${line}`), problems };
}

const nodesPing: Check = {
  id: 'nodes.ping',
  title: 'Nodes ping each other by private address and by name',
  node: 'every node',
  command: 'ping -c 1 NEXT_NODE_IP; ping -c 1 NEXT_NODE',
  expected: 'an answer from each node to the one before it, by address and by name',
  stage: 'none',
  workers: 1,
  async run(lab) {
    const { nodes } = lab.topology;
    const asked = nodes.map((node, at) => {
      const next = nodes[(at + 1) % nodes.length];
      return pingNext(lab, node, next).catch((error: Error) => ({ lines: [], problems: [error.message] }));
    });
    const seen = await Promise.all(asked);
    return {
      node: nodes.map((node) => node.name).join(', '),
      command: `ping -c 1 -W 2 ${nodes[1].privateIp}; ping -c 1 -W 2 ${nodes[1].name} (on ${nodes[0].name}; so on around the nodes)`,
      expected: `${2 * nodes.length} answers: every node reaches the next by address and by name`,
      evidence: seen.flatMap(({ lines }) => lines).join('\n'),
      problems: seen.flatMap(({ problems }) => problems),
      look: 'look at the firewall rule allow-internal-icmp, /etc/hosts on the node that asked, and whether the other is up',
    };
  },
};

export const nodeChecks: Check[] = [nodesPing, nodesList];
