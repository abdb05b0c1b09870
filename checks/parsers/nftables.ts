import { listOf } from '../../util/optional';
import type { ServicePath, ServiceRules } from './service-path';
import { spellDestination } from './service-path';

/** kube-proxy's table: rules by chain, verdicts by map and key. */
interface Table {
  chains: Map<string, string[]>;
  /** `service-ips` → `10.32.0.10 . tcp . 53` → `service-…`. */
  maps: Map<string, Map<string, string>>;
}

/** Parses the verdicts `KEY : goto CHAIN` of a map's elements. */
function verdicts(body: string): Map<string, string> {
  const elements = /elements = \{([\s\S]*)\}/.exec(body)?.[1] ?? '';
  const entries = elements
    .split(',')
    .map((element) => /^\s*(.+?)\s*:\s*goto\s+(\S+)\s*$/.exec(element));
  return new Map(
    entries.flatMap((entry): [string, string][] => {
      if (!entry) return [];
      return [[entry[1].replace(/ comment ".*"$/, ''), entry[2]]];
    }),
  );
}

/** Parses the table `ip kube-proxy` or `ip6 kube-proxy` in the output of `nft list ruleset`. */
export function parseTable(text: string, family: 'ip' | 'ip6' = 'ip'): Table {
  const table: Table = { chains: new Map(), maps: new Map() };
  const form = new RegExp(`^table ${family} kube-proxy \\{$([\\s\\S]*?)^\\}$`, 'm');
  const own = form.exec(text)?.[1] ?? '';
  for (const block of own.matchAll(/^\t(chain|map) (\S+) \{$([\s\S]*?)^\t\}$/gm)) {
    const [, kind, name, body] = block;
    if (kind === 'map') table.maps.set(name, verdicts(body));
    else
      table.chains.set(
        name,
        body
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      );
  }
  return table;
}

/** Returns each `address:port` of a DNAT rule: one (`dnat to A:P`), or all of a map (`numgen … map { 0 : A . P, … }`). */
function translations(rule: string): string[] {
  const [, to] = /\bdnat (?:ip6? )?to (.*)$/.exec(rule) ?? [];
  const ipv4 = [...(to ?? '').matchAll(/(\d+\.\d+\.\d+\.\d+)(?::| \. )(\d+)/g)];
  const ipv6 = [...(to ?? '').matchAll(/([0-9a-f]+:[0-9a-f:]+)(?:\]:| \. )(\d+)/g)];
  return [
    ...ipv4.map((match) => `${match[1]}:${match[2]}`),
    ...ipv6.map((match) => `[${match[1]}]:${match[2]}`),
  ];
}

/** Follows `goto` from a service's chain to its DNAT rules: external-, service-, and in older kube-proxy endpoint-. */
function follow(table: Table, chain: string, path: ServicePath, seen: Set<string>): void {
  if (seen.has(chain)) return;
  seen.add(chain);
  for (const line of table.chains.get(chain) ?? []) {
    const targets = translations(line);
    const next = [...line.matchAll(/\bgoto ((?:service|endpoint)-[^\s,]+)/g)].map(
      (match) => match[1],
    );
    if (targets.length === 0 && next.length === 0) continue;
    path.lines.push(`${chain}: ${line}`);
    path.targets.push(...targets);
    for (const one of next) follow(table, one, path, seen);
  }
}

/** Parses kube-proxy's rules in nftables mode from the output of `nft list ruleset`. */
export function nftablesRules(text: string, family: 'ip' | 'ip6' = 'ip'): ServiceRules {
  const table = parseTable(text, family);
  return {
    entries() {
      const chains = ['nat-prerouting', 'nat-output'];
      const jumps = (chain: string): boolean =>
        (table.chains.get(chain) ?? []).includes('jump services');
      return {
        lines: chains.filter(jumps).map((chain) => `${chain}: jump services`),
        problems: chains
          .filter((chain) => !jumps(chain))
          .map((chain) => `the chain ${chain} does not jump to services`),
      };
    },
    path(to) {
      let map = 'service-ips';
      if (to.address === undefined) map = 'service-nodeports';
      const key = [...listOf(to.address), to.protocol, to.port].join(' . ');
      const first = table.maps.get(map)?.get(key);
      if (first === undefined)
        return {
          lines: [],
          targets: [],
          problems: [`no element in the map ${map} for ${spellDestination(to)}`],
        };
      const path: ServicePath = {
        lines: [`${map}: ${key} : goto ${first}`],
        targets: [],
        problems: [],
      };
      follow(table, first, path, new Set());
      if (path.targets.length === 0)
        path.problems.push(`the chain ${first} for ${spellDestination(to)} leads to no dnat`);
      return path;
    },
  };
}
