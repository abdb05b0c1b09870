import { joinNames } from '../util/join-names';

/** Exit code of ssh if it can't log in. */
export const SSH_FAILED = 255;

/** Advice if a running node answers no new connection. */
export const FULL_TABLE =
  'whether its connection tracking table is full (`sudo conntrack -C` against `sysctl net.netfilter.nf_conntrack_max`)';

/** Advice for nodes that can't be reached. */
const ADVICE = `look at \`./lab status\`, the node's console, its sshd, its public address, the firewall rule allow-ssh, and ${FULL_TABLE}`;

/** Matches the address in ssh's message, which differs from node to node. */
const ADDRESS = /^ssh: connect to host \S+ port \d+: /;

/** Returns the last line of ssh's errors without the node's address. Empty if ssh printed nothing. */
export const causeOf = (stderr: string): string =>
  (stderr.trim().split('\n').pop() ?? '').replace(ADDRESS, '');

/** Formats that a node can't be reached. Nodes with the same cause get the same text after their name. */
export const noAnswer = (node: string, cause: string): string =>
  `${node}: no answer over SSH (${cause.replace(ADDRESS, '')})`;

/** Returns whether a problem is only that nodes can't be reached. */
export const isNoAnswer = (problem: string): boolean =>
  /^[\w-]+: no answer over SSH \(.*\)$/.test(problem);

/** Adds the advice for nodes that can't be reached. */
export const explainNoAnswer = (merged: string[]): string => `${merged.join('; ')}: ${ADVICE}`;

/** Nodes that can't be reached for the same cause. */
interface Unreachable {
  nodes: string[];
  cause: string;
}

/** Parses the reason of a check that failed only because nodes can't be reached; `undefined` for other reasons. */
export function parseUnreachable(reason: string): Unreachable | undefined {
  if (!reason.endsWith(`: ${ADVICE}`)) return undefined;
  const problem = reason.slice(0, -ADVICE.length - 2);
  const match = /^(?:first repair what [^;]*; )?([^:;]+): no answer over SSH \(([^;]*)\)$/.exec(
    problem,
  );
  if (match) return { nodes: match[1].split(/, | and /), cause: match[2] };
  return undefined;
}

/** Formats the common reason of checks that failed because nodes can't be reached. */
export function formatUnreachable(found: Unreachable[]): string {
  const nodes = [...new Set(found.flatMap((one) => one.nodes))];
  return explainNoAnswer([noAnswer(joinNames(nodes), found[0].cause)]);
}
