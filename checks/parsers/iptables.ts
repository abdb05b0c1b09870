import { ifPresent, listOf } from '../../util/optional';
import { problemUnless } from '../../util/problems';
import type { Destination, ServicePath, ServiceRules } from './service-path';
import { spellDestination } from './service-path';

interface Rule {
  chain: string;
  destination?: string;
  protocol?: string;
  port?: number;
  target?: string;
  toDestination?: string;
  line: string;
}

function option(line: string, name: string): string | undefined {
  // A comment may contain text that looks like an option.
  const bare = line.replace(/--comment ("(?:[^"\\]|\\.)*"|\S+)/, '');
  return new RegExp(`(?:^|\\s)${name} (\\S+)`).exec(bare)?.[1];
}

/** Parses the rules (`-A …`) in the output of `iptables-save -t nat` or `ip6tables-save -t nat`. */
export function parseRules(text: string): Rule[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('-A '))
    .map((line) => ({
      chain: line.split(' ')[1],
      destination: option(line, '-d'),
      protocol: option(line, '-p'),
      port: ifPresent(option(line, '--dport'), Number),
      target: option(line, '-j'),
      toDestination: option(line, '--to-destination'),
      line: line.trim(),
    }));
}

/** Returns a destination as iptables prints it: an address with its full prefix length. */
function destinationOf({ address }: Destination): string | undefined {
  if (address === undefined) return undefined;
  if (address.includes(':')) return `${address}/128`;
  return `${address}/32`;
}

/** Returns the chain in which kube-proxy looks for a destination. */
function chainOf({ address }: Destination): string {
  if (address === undefined) return 'KUBE-NODEPORTS';
  return 'KUBE-SERVICES';
}

/** Returns the rule that sends packets for `to` from KUBE-SERVICES or KUBE-NODEPORTS to the service's chain. */
function dispatch(rules: Rule[], to: Destination): Rule | undefined {
  return rules.find(
    (rule) =>
      rule.chain === chainOf(to) &&
      rule.protocol === to.protocol &&
      rule.port === to.port &&
      // The rule for a NodePort at any address has no destination. kube-proxy has another rule for 127.0.0.0/8.
      rule.destination === destinationOf(to) &&
      /^KUBE-(EXT|SVC)-/.test(rule.target ?? ''),
  );
}

/** Follows the jumps from a service's chain to its DNAT rules: KUBE-EXT (newer kube-proxy), KUBE-SVC, KUBE-SEP. */
function follow(rules: Rule[], chain: string, path: ServicePath, seen: Set<string>): void {
  if (seen.has(chain)) return;
  seen.add(chain);
  for (const rule of rules.filter((one) => one.chain === chain)) {
    if (rule.target === 'DNAT' && rule.toDestination !== undefined) {
      path.lines.push(rule.line);
      path.targets.push(rule.toDestination);
    } else if (/^KUBE-(SVC|SEP)-/.test(rule.target ?? '')) {
      path.lines.push(rule.line);
      follow(rules, rule.target!, path, seen);
    }
  }
}

/**
 * Parses kube-proxy's rules in iptables mode from the output of `iptables-save -t nat`, or for IPv6
 * of `ip6tables-save -t nat`.
 */
export function iptablesRules(text: string): ServiceRules {
  const rules = parseRules(text);
  return {
    entries() {
      const jumps = ['PREROUTING', 'OUTPUT'].map((chain) => ({
        chain,
        rule: rules.find((rule) => rule.chain === chain && rule.target === 'KUBE-SERVICES'),
      }));
      return {
        lines: jumps.flatMap(({ rule }) => listOf(rule?.line)),
        problems: jumps.flatMap(({ chain, rule }) =>
          problemUnless(rule, `${chain} does not jump to KUBE-SERVICES`),
        ),
      };
    },
    path(to) {
      const first = dispatch(rules, to);
      if (!first)
        return {
          lines: [],
          targets: [],
          problems: [`no rule in ${chainOf(to)} for ${spellDestination(to)}`],
        };
      const path: ServicePath = { lines: [first.line], targets: [], problems: [] };
      follow(rules, first.target!, path, new Set());
      if (path.targets.length === 0)
        path.problems.push(
          `the chain ${first.target} for ${spellDestination(to)} leads to no DNAT`,
        );
      return path;
    },
  };
}
