import { isIpv6 } from '../../../util/cidr6';
import { textIf } from '../../../util/optional';
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

export interface Rule {
  name: string;
  description: string;
  protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6';
  firstPort?: number;
  lastPort?: number;
  /** CIDRs that packets may come from, all of one family. */
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

/** Returns nft's words for the address family of a rule, and for the protocol of its packets. */
function familyOf({ sources }: Rule): { family: string; protocol: string } {
  if (sources.some(isIpv6)) return { family: 'ip6', protocol: 'meta l4proto' };
  return { family: 'ip', protocol: 'ip protocol' };
}

/** Returns nft's expressions that select the packets of a rule. */
export function matches(rule: Rule): string {
  const { family, protocol } = familyOf(rule);
  const targets = textIf(rule.targets.length > 0, `${family} daddr ${anyOf(rule.targets)} `);
  const hosts = `${family} saddr ${anyOf(rule.sources)} ${targets}`;
  if (rule.firstPort === undefined) return `${hosts}${protocol} ${rule.protocol}`;
  return `${hosts}${rule.protocol} dport ${rule.firstPort}-${rule.lastPort}`;
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
