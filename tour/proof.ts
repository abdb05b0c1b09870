import { matches, parseConntrack, type Flow } from '../checks';
import { contains } from '../util/cidr';
import { fill } from './facts';
import type { Command, FlowEffect } from './step';

/** Command that a student ran in a terminal of the tour, and what the terminal showed. */
export interface RanCommand {
  place: string;
  typed: string;
  output: string;
}

/** Removes what does not matter in a typed command: `sudo`, and the width of spaces. */
const plain = (typed: string): string =>
  typed
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/(^|[|;&] ?)sudo (-\w+ )*/g, '$1');

/** Returns whether a command was run at its place, and its output shows the effect. */
export function proves(
  ran: RanCommand,
  { command, place, values }: { command: Command; place: string; values: Map<string, string> },
): boolean {
  if (ran.place !== place || !command.like.test(plain(ran.typed))) return false;
  return command.shows.every((wanted) => {
    if (typeof wanted !== 'string') return wanted.test(ran.output);
    const text = fill(wanted, values);
    return !text.includes('{') && ran.output.includes(text);
  });
}

/** Event of `conntrack -E`: the entry without its event's name. */
export function parseFlowEvent(line: string): Flow | undefined {
  return parseConntrack(line.replace(/^\s*\[[A-Z]+\]\s*/, ''))[0];
}

/** Returns whether a tracked connection is the one of an effect. */
export function isFlow(
  flow: Flow,
  {
    effect,
    values,
    nodeCidr,
  }: { effect: FlowEffect; values: Map<string, string>; nodeCidr: string },
): boolean {
  const direction = (wanted: Record<string, string | undefined>): Record<string, string | number> =>
    Object.fromEntries(
      Object.entries(wanted).map(([key, text]) => {
        const value = fill(text ?? '', values);
        if (key === 'dport') return [key, Number(value)];
        return [key, value];
      }),
    );
  if (flow.protocol !== effect.protocol) return false;
  if (effect.outside && contains(nodeCidr, flow.original.src)) return false;
  return (
    matches(flow.original, direction(effect.original)) &&
    matches(flow.reply, direction(effect.reply))
  );
}
