import { h, type Child } from '../../web/client/elements';

/** Words in a command that the student replaces. */
const PLACEHOLDER = /\b(INODE|PID|NETNS|ID|N)\b|\{[\w.]+\}/;

/** Returns the parts of a command, with the words to replace marked. */
export function withPlaceholders(command: string): Child[] {
  const parts: Child[] = [];
  let rest = command;
  for (let found = PLACEHOLDER.exec(rest); found; found = PLACEHOLDER.exec(rest)) {
    parts.push(rest.slice(0, found.index), h('mark', {}, found[0]));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...parts, rest];
}
