import type { Node } from '../../../components/topology';
import type { LabUnderTest } from '../../lab';

/** Output of one node as evidence, and the node's problems. */
export interface Seen {
  lines: string[];
  problems: string[];
}

/**
 * Looks at several nodes at the same time. A node that can't be looked at has that as its problem.
 * Returns the fields of a check's evidence.
 */
export async function gather(
  nodes: Node[],
  look: (node: Node, index: number) => Promise<Seen>,
): Promise<{ evidence: string; problems: string[] }> {
  const seen = await Promise.all(
    nodes.map((node, index) =>
      look(node, index).catch((error: Error): Seen => ({ lines: [], problems: [error.message] })),
    ),
  );
  return {
    evidence: seen.flatMap(({ lines }) => lines).join('\n'),
    problems: seen.flatMap(({ problems }) => problems),
  };
}

/** Formats nodes as a check's place. */
export const placeOf = (nodes: Node[]): string => nodes.map(({ name }) => name).join(', ');

/** Returns the IPv6 part of the plan. These checks run on dual-stack labs only. */
export const planOf = ({ topology }: LabUnderTest): NonNullable<LabUnderTest['topology']['ipv6']> =>
  topology.ipv6!;
