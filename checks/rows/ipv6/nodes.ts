import { contains6 } from '../../../util/cidr6';
import { listOf, textIf } from '../../../util/optional';
import { problemUnless } from '../../../util/problems';
import type { Check, Evidence } from '../../check';
import { kubectl, type LabUnderTest, linesWith, type as typeOn } from '../../lab';
import { parseAnswers } from '../../parsers/listings';
import { gather, placeOf, planOf } from './gather';

interface Address {
  ifname: string;
  addr_info: { local?: string; prefixlen?: number }[];
}

/** Returns a node's address as the check expects it. DHCPv6 of a cloud gives no prefix length. */
const wantedAddress = (lab: LabUnderTest, address: string): string =>
  `${address}${textIf(planOf(lab).nodeCidr, '/64')}`;

const nodesList: Check = {
  id: 'ipv6.nodes.list',
  title: 'Every node has its IPv6 address',
  node: 'every node',
  command: 'ip -6 address show scope global',
  expected: 'the address of the plan; on clouds the one that the VPC assigned',
  stage: 'none',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['nodes.list'],
  async run(lab): Promise<Evidence> {
    const { nodes } = lab.topology;
    const seen = await gather(nodes, async ({ name, privateIp6 }) => {
      const command = 'ip -j -6 address show scope global';
      const links = JSON.parse((await typeOn(lab, name, [command]))[0]) as Address[];
      // ip prints an empty object for an address that the scope excludes. The bridge's is a pod's.
      const own = links.flatMap(({ ifname, addr_info }) =>
        addr_info
          .filter(({ local }) => local !== undefined && !contains6(planOf(lab).podCidr, local))
          .map(({ local, prefixlen }) => ({ ifname, local, cidr: `${local}/${prefixlen}` })),
      );
      const wanted = wantedAddress(lab, privateIp6!);
      const found = own.find(({ local, cidr }) => [local, cidr].includes(wanted));
      return {
        lines: listOf(found).map(({ cidr, ifname }) => `${name}: ${cidr} on ${ifname}`),
        problems: problemUnless(
          found,
          `${name} has ${own.map(({ cidr }) => cidr).join(', ') || 'none'}, expected ${wanted}`,
        ),
      };
    });
    return {
      node: placeOf(nodes),
      command: nodesList.command,
      expected: nodes.map(({ name, privateIp6 }) => `${name} ${privateIp6}`).join(', '),
      ...seen,
      look: '`./lab up` adds the address again',
    };
  },
};

const nodesPing: Check = {
  id: 'ipv6.nodes.ping',
  title: 'Nodes ping each other over IPv6',
  node: 'every node',
  command: 'ping -6 -c 1 NEXT_NODE_IPV6; ip -6 neigh show to NEXT_NODE_IPV6',
  expected: 'an answer from each node to the one before it',
  stage: 'none',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['ipv6.nodes.list'],
  async run(lab): Promise<Evidence> {
    const { nodes } = lab.topology;
    const seen = await gather(nodes, async ({ name }, at) => {
      const { name: next, privateIp6 } = nodes[(at + 1) % nodes.length];
      const [output, neighbour] = await typeOn(lab, name, [
        `ping -6 -c 1 -W 2 ${privateIp6} 2>&1 || true`,
        `ip -6 neigh show to ${privateIp6}`,
      ]);
      const answered = parseAnswers(output).length > 0;
      const undiscovered = /\b(INCOMPLETE|FAILED)\b/.test(neighbour);
      const why = textIf(
        undiscovered,
        `, and neighbour discovery finds no MAC: look at the router's chain forward, which must accept nd-neighbor-solicit and nd-neighbor-advert`,
      );
      return {
        lines: linesWith(output, /bytes from/).map((line) => `${name}: ${line}`),
        problems: problemUnless(
          answered,
          `${name} got no answer from ${privateIp6} (${next})${why}`,
        ),
      };
    });
    return {
      node: placeOf(nodes),
      command: `ping -6 -c 1 -W 2 ${nodes[1].privateIp6} (on ${nodes[0].name}; likewise on the other nodes)`,
      expected: `${nodes.length} answers: every node reaches the next`,
      ...seen,
      look: 'look at the firewall rule allow-internal-icmp6',
    };
  },
};

interface NodeObjects {
  items: {
    metadata: { name: string };
    spec: { podCIDRs?: string[] };
    status: { addresses?: { type: string; address: string }[] };
  }[];
}

const nodesObject: Check = {
  id: 'ipv6.nodes.object',
  title: 'Each node object has the podCIDRs and the addresses of both families',
  node: 'laptop',
  command:
    'kubectl get nodes -o custom-columns=NAME:.metadata.name,PODS:.spec.podCIDRs,IPS:.status.addresses',
  expected: 'of each worker the pod CIDRs and the InternalIPs of the plan, IPv4 first',
  stage: 'network',
  workers: 1,
  config: { ipFamily: 'dual' },
  async run(lab): Promise<Evidence> {
    const { items } = JSON.parse(await kubectl(lab, ['get', 'nodes', '-o', 'json'])) as NodeObjects;
    const seen = await gather(lab.workers, async (worker) => {
      const { name } = worker;
      const object = items.find(({ metadata }) => metadata.name === name);
      if (!object) return { lines: [], problems: [`${name} is no node of the cluster`] };
      const pods = (object.spec.podCIDRs ?? []).join(',');
      const own = (object.status.addresses ?? [])
        .filter(({ type }) => type === 'InternalIP')
        .map(({ address }) => address)
        .join(',');
      const wantedPods = `${worker.podCidr},${worker.podCidr6}`;
      const wantedOwn = `${worker.privateIp},${worker.privateIp6}`;
      return {
        lines: [`${name}: podCIDRs ${pods || 'none'}, InternalIPs ${own || 'none'}`],
        problems: [
          ...problemUnless(
            pods === wantedPods,
            `${name} has the podCIDRs ${pods || 'none'}, expected ${wantedPods}`,
          ),
          ...problemUnless(
            own === wantedOwn,
            `${name} has the InternalIPs ${own || 'none'}, expected ${wantedOwn}`,
          ),
        ],
      };
    });
    return {
      node: 'laptop',
      command: nodesObject.command,
      expected: lab.workers
        .map(({ name, podCidr, podCidr6 }) => `${name} ${podCidr},${podCidr6}`)
        .join('; '),
      ...seen,
      look: '`./lab up` sets missing podCIDRs; of a node that has others, `kubectl delete node` first',
    };
  },
};

export const nodeChecks: Check[] = [nodesList, nodesPing, nodesObject];
