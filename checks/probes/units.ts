import type { Access } from '../access';

/** For sentences: that a service doesn't run on a node, in systemd's word, and where its own words are. */
const spellInactive = (node: string, unit: string, state: string): string =>
  `${unit} is ${state} on ${node}: look at \`systemctl status ${unit}\` and \`journalctl -u ${unit}\` there`;

/** Says which of these services don't run on a node, a phrase each. An unreachable node is a problem too. */
export async function unitProblems(
  access: Access,
  node: string,
  units: string[],
): Promise<string[]> {
  const ran = await access.onNode(node, `systemctl is-active ${units.join(' ')}`);
  // ssh's own exit code.
  if (ran.code === 255) return [`${node} does not answer (${ran.stderr.trim()})`];
  const states = ran.stdout.trim().split('\n');
  return units.flatMap((unit, at) =>
    states[at] === 'active' ? [] : [spellInactive(node, unit, states[at] || 'unknown')],
  );
}
