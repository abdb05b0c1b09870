import { balancedServices } from './balanced-services';
import type { LabConfig } from './config';
import { isIpv6 } from '../util/cidr6';
import { type FirewallRule, topology } from './topology';

/**
 * Inbound rules that a security group of AWS may have, by default. Each source CIDR counts, and IPv4
 * apart from IPv6
 * (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html).
 */
const RULES_PER_GROUP = 60;

/**
 * Removes repeated sources from the rules of AWS's security groups. AWS refuses a second rule for the
 * same packets, such as pings of administrators inside the node network.
 */
export function withoutRepeats(rules: FirewallRule[]): FirewallRule[] {
  const seen = new Set<string>();
  return rules.map((rule) => ({
    ...rule,
    sources: rule.sources.filter((source) => {
      const key = [rule.targets, rule.protocol, rule.ports, source].join(' ');
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    }),
  }));
}

/** Counts the inbound IPv4 rules of each security group. IPv6 has few, and only fixed ones. */
export function rulesByGroup(rules: FirewallRule[]): Map<FirewallRule['targets'], number> {
  const counts = new Map<FirewallRule['targets'], number>();
  for (const { targets, sources } of withoutRepeats(rules))
    counts.set(targets, (counts.get(targets) ?? 0) + sources.filter((one) => !isIpv6(one)).length);
  return counts;
}

const mostRules = (config: LabConfig): number =>
  Math.max(...rulesByGroup(topology(config).rules).values());

/** Returns how many entries of a list fit if the rest of the config stays; 0 if not even one fits. */
function fitting(config: LabConfig, key: 'adminCidrs' | 'nodePortCidrs'): number {
  let count = config[key].length;
  while (
    count > 0 &&
    mostRules({ ...config, [key]: config[key].slice(0, count) }) > RULES_PER_GROUP
  )
    count -= 1;
  return count;
}

/** Returns the mistake of a config on AWS with more CIDRs than a security group takes; else nothing. */
export function tooManyRules(config: LabConfig): string[] {
  const most = mostRules(config);
  if (most <= RULES_PER_GROUP) return [];
  const keys = ['adminCidrs', 'nodePortCidrs'] as const;
  const cures = keys
    .map((key) => ({ key, count: fitting(config, key) }))
    .filter(({ count }) => count > 0)
    .map(({ key, count }) => `at most ${count} ${key} fit`);
  return [
    `adminCidrs and nodePortCidrs need ${most} rules in a security group, and AWS allows ${RULES_PER_GROUP}: ${
      cures.join(', or ') || 'shorten both'
    }; wider CIDRs take fewer rules`,
  ];
}

/** Returns a mistake for each balancer on AWS that needs more rules than a security group takes. */
export const tooManyBalancerRules = ({ loadBalancers, nodePortCidrs }: LabConfig): string[] =>
  balancedServices(loadBalancers)
    .map(({ service, ports }) => ({ service, count: ports.length * nodePortCidrs.length }))
    .filter(({ count }) => count > RULES_PER_GROUP)
    .map(
      ({ service, count }) =>
        `the balancer of ${service} needs ${count} rules, one for each port and CIDR, and AWS allows ${RULES_PER_GROUP}: shorten nodePortCidrs`,
    );
