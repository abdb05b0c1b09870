import { iptablesRules, LIST_ENDS, parseEnds, parseInodes, typeOn, type Access } from '../checks';
import type { Flow } from '../checks';
import { nodeOf, type Facts } from './facts';
import type { QuestionKind } from './step';

/** Where answers come from: the lab, the student's objects, and the connections seen. */
export interface Source {
  access: Access;
  facts: Facts;
  /** Connections that a node has tracked while the page was open. */
  flows: (node: string) => Flow[];
}

/** Answers of a lab to a question. Empty if the lab has none now. */
type Finder = (source: Source) => Promise<string[]>;

const NAT_TABLE = 'sudo iptables-save -t nat';

/** Finds the network namespace of nginx by its address, as the checks do. */
async function nginxEnd({ access, facts }: Source): Promise<{ peer: string; inode: string }[]> {
  if (!facts.nginx) return [];
  const { node, ip } = facts.nginx;
  const [ends, inodes] = await typeOn({ access }, node, [LIST_ENDS, 'ls -1i /var/run/netns']);
  const end = parseEnds(ends).find((one) => one.ip === ip);
  const inode = parseInodes(inodes).find(({ name }) => name === end?.namespace);
  if (!end || !inode) return [];
  return [{ peer: String(end.peer), inode: String(inode.inode) }];
}

const natTable = async ({ access }: Source, node: string): Promise<string> =>
  (await typeOn({ access }, node, [NAT_TABLE]))[0];

/** Returns the chains of a path that end with a DNAT: KUBE-SEP-…. */
const endpointChains = (lines: string[]): string[] =>
  lines.filter((line) => / -j DNAT /.test(line)).map((line) => line.split(' ')[1]);

const worker = ({ access, facts }: Source, role: 'first' | 'entry' | 'nginx'): string =>
  nodeOf(role, facts, access.outputs);

const FINDERS: Record<QuestionKind, Finder> = {
  peer: async (source) => (await nginxEnd(source)).map(({ peer }) => peer),
  inode: async (source) => (await nginxEnd(source)).map(({ inode }) => inode),
  'masquerade chain': async (source) => {
    const { first } = source.facts;
    if (!first) return [];
    const rule = (await natTable(source, first.node))
      .split('\n')
      .find((line) => line.startsWith(`-A POSTROUTING -s ${first.ip}/32 `));
    return /-j (CNI-\w+)/.exec(rule ?? '')?.slice(1) ?? [];
  },
  'dns endpoint chain': async (source) => {
    const address = source.facts.dns?.ip;
    if (!address) return [];
    const rules = iptablesRules(await natTable(source, worker(source, 'first')));
    return endpointChains(rules.path({ address, protocol: 'tcp', port: 53 }).lines);
  },
  'nginx chain': async (source) => {
    const { service } = source.facts;
    if (!service) return [];
    const rules = iptablesRules(await natTable(source, worker(source, 'entry')));
    return endpointChains(rules.path({ protocol: 'tcp', port: Number(service.nodePort) }).lines);
  },
  'source port': async (source) => {
    const node = worker(source, 'nginx');
    const ip = source.facts.nginx?.ip;
    const sender = source.access.outputs.topology.nodes.find(
      ({ name }) => name === worker(source, 'entry'),
    );
    return source
      .flows(node)
      .filter(({ protocol, original }) => protocol === 'tcp' && original.dport === 80)
      .filter(({ original }) => original.dst === ip && original.src === sender?.privateIp)
      .map(({ original }) => String(original.sport));
  },
};

/** Returns the answers that the lab has now. */
export const answersOf = (kind: QuestionKind, source: Source): Promise<string[]> =>
  FINDERS[kind](source);

/** Returns whether a text is one of the answers. Case of letters and spaces around do not matter. */
export const isRight = (text: string, answers: string[]): boolean =>
  answers.some((answer) => answer.toUpperCase() === text.trim().toUpperCase());
