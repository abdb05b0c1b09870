import type { ResourceKind } from '../resource';
import { brokenPart } from './network';
import { anyOf, deleteRule, readRule, writeRule } from './rules';

interface Rule {
  name: string;
  description: string;
  protocol: 'tcp' | 'udp' | 'icmp';
  firstPort?: number;
  lastPort?: number;
  /** CIDRs that packets may come from. */
  sources: string[];
  /** Private addresses of the machines that the rule is for; empty: every address of the VPC, pods too. */
  targets: string[];
}

export interface FirewallRuleInputs {
  lab: string;
  /** Generation of the network that it is in. */
  network: string;
  rule: Rule;
}

interface FirewallRuleState extends FirewallRuleInputs {
  /** Digest of the rule as the kernel holds it. */
  installed: string;
}

function matches(rule: Rule): string {
  const ports = rule.firstPort === undefined ? `ip protocol ${rule.protocol}` : `${rule.protocol} dport ${rule.firstPort}-${rule.lastPort}`;
  const targets = rule.targets.length > 0 ? `ip daddr ${anyOf(rule.targets)} ` : '';
  return `ip saddr ${anyOf(rule.sources)} ${targets}${ports}`;
}

/** One rule of the VPC's firewall: what may reach which machines; replies always pass. */
export const firewallRuleKind: ResourceKind<FirewallRuleInputs, FirewallRuleState> = {
  async create(inputs) {
    const installed = await writeRule(inputs.lab, 'firewall', inputs.rule.name, matches(inputs.rule));
    return { id: `${inputs.lab}/${inputs.rule.name}`, state: { ...inputs, installed } };
  },
  async read(_id, state) {
    const installed = await readRule(state.lab, 'firewall', state.rule.name);
    // A rule that somebody edited is not this rule any more: made anew by the next up.
    return installed === state.installed && (await brokenPart(state.lab)) === '' ? state : undefined;
  },
  async delete(_id, state) {
    await deleteRule(state.lab, 'firewall', state.rule.name);
  },
};
