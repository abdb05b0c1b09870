import { ifPresent, itemsIf } from '../../util/optional';

/** One direction of a connection, as `conntrack -L` prints it. tcp and udp have ports, icmp has an id. */
export interface Direction {
  src: string;
  dst: string;
  sport?: number;
  dport?: number;
  id?: number;
}

/** One line of `conntrack -L`. With NAT, the reply's addresses are not the original's in reverse. */
export interface Flow {
  protocol: string;
  original: Direction;
  reply: Direction;
  /** Whether no reply has come back yet. The reply's addresses are then those that conntrack expects. */
  unreplied: boolean;
  line: string;
}

function direction(fields: [string, string][]): Direction {
  const value = (name: string): string | undefined => fields.find(([key]) => key === name)?.[1];
  const number = (name: string): number | undefined => ifPresent(value(name), Number);
  return {
    src: value('src') ?? '',
    dst: value('dst') ?? '',
    sport: number('sport'),
    dport: number('dport'),
    id: number('id'),
  };
}

/** Parses the output of `conntrack -L`. Ignores lines of another form, such as the closing count. */
export function parseConntrack(text: string): Flow[] {
  const flows: Flow[] = [];
  for (const line of text.split('\n')) {
    const fields = [...line.matchAll(/(\w+)=(\S+)/g)].map((match): [string, string] => [
      match[1],
      match[2],
    ]);
    const starts = fields.flatMap(([key], at) => itemsIf(key === 'src', at));
    if (starts.length !== 2) continue;
    flows.push({
      protocol: line.trim().split(/\s+/)[0],
      original: direction(fields.slice(starts[0], starts[1])),
      reply: direction(fields.slice(starts[1])),
      unreplied: line.includes('[UNREPLIED]'),
      line: line.trim(),
    });
  }
  return flows;
}

/** Returns whether every field in `wanted` has the same value in `seen`. */
export function matches(seen: Direction, wanted: Partial<Direction>): boolean {
  return (Object.keys(wanted) as (keyof Direction)[]).every((key) => seen[key] === wanted[key]);
}

/** Formats a direction as text: `src=A dst=B dport=80`. */
export function spell(direction: Partial<Direction>): string {
  return Object.entries(direction)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
