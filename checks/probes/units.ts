import { itemsIf } from '../../util/optional';
import type { Access } from '../access';
import { firstLine } from '../lab';
import { noAnswer, SSH_FAILED } from '../unreachable';

/** Formats that a service does not run on a node, with systemd's state and where to look. */
const formatInactive = (node: string, unit: string, state: string): string =>
  `${unit} is ${state} on ${node}: look at \`systemctl status ${unit}\` and \`journalctl -u ${unit}\` there`;

/** Returns one phrase for each of these services that does not run on a node, or one that the node can't be reached. */
export async function unitProblems(
  access: Access,
  node: string,
  units: string[],
): Promise<string[]> {
  const ran = await access.onNode(node, `systemctl is-active ${units.join(' ')}`);
  if (ran.code === SSH_FAILED) return [noAnswer(node, firstLine(ran.stderr))];
  const states = ran.stdout.trim().split('\n');
  return units.flatMap((unit, at) =>
    itemsIf(states[at] !== 'active', formatInactive(node, unit, states[at] || 'unknown')),
  );
}
