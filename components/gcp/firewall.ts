import { Firewall } from '@pulumi/gcp/compute/firewall';
import type * as pulumi from '@pulumi/pulumi';
import { itemsIf } from '../../util/optional';
import type { Part } from '../cloud';
import type { FirewallRule, Node } from '../topology';
import type { GcpBuilt, GcpContext } from './types';

/** Network tag of the machines that a rule targets. */
const tag = (lab: string, targets: FirewallRule['targets']): string =>
  targets === 'all' ? lab : `${lab}-${targets}`;

/** Network tags of a node, by which rules and routes select it. */
export const networkTags = (lab: string, node: Node): string[] => [
  tag(lab, 'all'),
  tag(lab, node.role),
  ...(node.isPublic ? [] : [privateTag(lab)]),
];

/** Network tag of the nodes without a public address. */
export const privateTag = (lab: string): string => `${lab}-private`;

/** Returns a protocol as Google's API names it. ICMPv6 has no name there: 58 is its number. */
const protocolOf = ({ protocol }: FirewallRule): string => protocol.replace('icmpv6', '58');

/** Lists the IPv6 networks that Google chose for the VPC's subnets. */
const nodes6 = ({ subnets }: GcpBuilt['network']): pulumi.Output<string>[] =>
  Object.values(subnets).map(({ internalIpv6Prefix }) => internalIpv6Prefix);

/** Creates one rule of the VPC's firewall. */
export function makeRule(
  rule: FirewallRule,
  { lab, options }: GcpContext,
  { network }: Pick<GcpBuilt, 'network'>,
): Firewall {
  return new Firewall(
    rule.name,
    {
      name: `${lab}-${rule.name}`,
      description: rule.description,
      network: network.vpc.id,
      direction: 'INGRESS',
      sourceRanges: [...itemsIf(rule.fromNodes6, ...nodes6(network)), ...rule.sources],
      targetTags: [tag(lab, rule.targets)],
      allows: [
        {
          protocol: protocolOf(rule),
          ...(rule.ports ? { ports: [[...new Set(rule.ports)].join('-')] } : {}),
        },
      ],
    },
    options,
  );
}

/** Creates the VPC's firewall: one resource for each rule. A VPC without rules admits nothing. */
export function makeFirewall(context: GcpContext, { network }: Pick<GcpBuilt, 'network'>): Part {
  return { reachable: context.topology.rules.map((rule) => makeRule(rule, context, { network })) };
}
