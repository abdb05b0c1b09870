/** One row of `lsns -t net -J`: a network namespace and its oldest process. */
export interface NetworkNamespace {
  inode: number;
  processes: number;
  pid: number;
  command: string;
}

/** Parses `lsns -t net -J`. Some versions print numbers as strings. */
export function parseLsns(json: string): NetworkNamespace[] {
  const { namespaces } = JSON.parse(json) as { namespaces: Record<string, string | number>[] };
  return namespaces.map((row) => ({
    inode: Number(row.ns),
    processes: Number(row.nprocs),
    pid: Number(row.pid),
    command: String(row.command ?? ''),
  }));
}

/** Parses `ls -1i DIRECTORY`: names and their inodes. */
export function parseInodes(text: string): { inode: number; name: string }[] {
  return [...text.matchAll(/^\s*(\d+) (.+)$/gm)].map((match) => ({
    inode: Number(match[1]),
    name: match[2],
  }));
}

/** Parses `ps -p LIST`: process ids and command lines. */
export function parseProcesses(text: string): { pid: number; command: string }[] {
  return [...text.matchAll(/^\s*(\d+)\s+\S+\s+\S*\s+\d+:\d+\s+(.+)$/gm)].map((match) => ({
    pid: Number(match[1]),
    command: match[2].trim(),
  }));
}

/** Parses `ctr task ls`: container ids, process ids, states. */
export function parseTasks(text: string): { id: string; pid: number; state: string }[] {
  return [...text.matchAll(/^(\S+)\s+(\d+)\s+(\S+)\s*$/gm)].map((match) => ({
    id: match[1],
    pid: Number(match[2]),
    state: match[3],
  }));
}

/** Parses `ctr containers ls`: ids, images, runtimes. */
export function parseContainers(text: string): { id: string; image: string; runtime: string }[] {
  return [...text.matchAll(/^([0-9a-f]{64})\s+(\S+)\s+(\S+)\s*$/gm)].map((match) => ({
    id: match[1],
    image: match[2],
    runtime: match[3],
  }));
}

/** Parses `brctl show BRIDGE`: the bridge's interfaces. The first is on the bridge's line, the rest are below. */
export function parseBridge(text: string, bridge: string): string[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.split(/\s+/)[0] === bridge);
  if (at < 0) return [];
  const first = lines[at].trim().split(/\s+/)[3];
  const more: string[] = [];
  for (const line of lines.slice(at + 1)) {
    if (!/^\s+\S+\s*$/.test(line)) break;
    more.push(line.trim());
  }
  if (first === undefined) return more;
  return [first, ...more];
}

/** Parses `ethtool -S`: the interface number of a veth's other end, or `undefined` for another kind of interface. */
export function parsePeer(text: string): number | undefined {
  const match = /^\s*peer_ifindex:\s*(\d+)/m.exec(text);
  if (match) return Number(match[1]);
  return undefined;
}

/** Parses `ping` of iputils or of busybox: the TTL of each answer. */
export function parseAnswers(text: string): number[] {
  return [...text.matchAll(/bytes from .*\bttl=(\d+)/g)].map((match) => Number(match[1]));
}

/** One row of `ip -j route`. */
export interface Route {
  dst: string;
  gateway?: string;
  dev?: string;
  scope?: string;
  prefsrc?: string;
}

/** One row of `ip -j link`. */
export interface Link {
  ifindex: number;
  ifname: string;
  mtu: number;
  link_index?: number;
  master?: string;
}

/** One row of `iptables -t nat -L CHAIN -v -n -x`. */
export interface CountedRule {
  packets: number;
  target: string;
  source: string;
  comment: string;
  line: string;
}

/** Parses `iptables -L CHAIN -v -n -x`: rules with their counters. */
export function parseCounters(text: string): CountedRule[] {
  const rules: CountedRule[] = [];
  for (const line of text.split('\n')) {
    const match =
      /^\s*(\d+)\s+\d+\s+(\S+)\s+\S+\s+--\s+\S+\s+\S+\s+(\S+)\s+\S+\s*(?:.*\/\* (.*) \*\/)?/.exec(
        line,
      );
    if (match)
      rules.push({
        packets: Number(match[1]),
        target: match[2],
        source: match[3],
        comment: match[4] ?? '',
        line: line.trim(),
      });
  }
  return rules;
}

/** Parses the output of busybox's nslookup: the addresses of `name`, without the DNS server's address. */
export function parseLookup(text: string, name: string): string[] {
  const answers: string[] = [];
  let current = '';
  for (const line of text.split('\n')) {
    const named = /^Name:\s+(\S+)/.exec(line);
    if (named) current = named[1];
    const address = /^Address(?: \d+)?:\s+([0-9a-f.:]+)/.exec(line);
    if (address && current === name) answers.push(address[1]);
  }
  return answers;
}
