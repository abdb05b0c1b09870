import type { ResourceKind } from '../../protocol/resource-kind';
import {
  anyOf,
  deleteRule,
  readRule,
  ruleDrift,
  writeRule,
  type ResourceRule,
} from '../router/rules';
import { driftDifference, type Drifting } from '../shared/drift';

interface Rule {
  name: string;
  description: string;
  protocol: 'tcp' | 'udp' | 'icmp';
  firstPort?: number;
  lastPort?: number;
  /** CIDRs that packets may come from. */
  sources: string[];
  /**
   * Private addresses of the nodes that the rule applies to; empty: every address of the VPC, pods
   * included.
   */
  targets: string[];
}

export interface FirewallRuleInputs {
  lab: string;
  /** Generation of the network that the resource belongs to. */
  network: string;
  rule: Rule;
}

interface FirewallRuleState extends FirewallRuleInputs, Drifting {
  /** Digest of the rule in the kernel. */
  installed: string;
}

const ruleOf = ({ lab, rule }: FirewallRuleInputs): ResourceRule => ({
  lab,
  chain: 'firewall',
  name: rule.name,
});

function matches(rule: Rule): string {
  const ports =
    rule.firstPort === undefined
      ? `ip protocol ${rule.protocol}`
      : `${rule.protocol} dport ${rule.firstPort}-${rule.lastPort}`;
  const targets = rule.targets.length > 0 ? `ip daddr ${anyOf(rule.targets)} ` : '';
  return `ip saddr ${anyOf(rule.sources)} ${targets}${ports}`;
}

const install = async (inputs: FirewallRuleInputs): Promise<FirewallRuleState> => ({
  ...inputs,
  installed: await writeRule(ruleOf(inputs), matches(inputs.rule)),
  trouble: '',
});

/**
 * A rule of the VPC's firewall: sources that may reach certain nodes. Replies are always accepted.
 */
export const firewallRuleKind: ResourceKind<FirewallRuleInputs, FirewallRuleState> = {
  async diff(olds, news, unknown) {
    return driftDifference(olds, news, unknown, () => false);
  },
  async create(inputs) {
    return { id: `${inputs.lab}/${inputs.rule.name}`, state: await install(inputs) };
  },
  async read(_id, state) {
    if ((await readRule(ruleOf(state))) === undefined) return undefined;
    return { ...state, trouble: await ruleDrift(ruleOf(state), state.installed) };
  },
  async update(_id, _olds, news) {
    return install(news);
  },
  async delete(_id, state) {
    await deleteRule(ruleOf(state));
  },
};
