import { Firewall } from '@pulumi/gcp/compute/firewall';
import type { FirewallRule, Node, Topology } from '../topology';
import type { Vpc } from './network';
import type { Options } from './credentials';

/** A rule finds its machines by a tag that they carry, not by their addresses. */
const tag = (lab: string, targets: FirewallRule['targets']): string =>
  targets === 'all' ? lab : `${lab}-${targets}`;

/** The network tags by which rules and routes find a machine. */
export const networkTags = (lab: string, node: Node): string[] => [
  tag(lab, 'all'),
  tag(lab, node.role),
  ...(node.isPublic ? [] : [privateTag(lab)]),
];

/** What machines without a public address carry. */
export const privateTag = (lab: string): string => `${lab}-private`;

/** One rule of the VPC's firewall. */
export function makeRule(
  lab: string,
  rule: FirewallRule,
  { network }: Vpc,
  options: Options,
): Firewall {
  return new Firewall(
    rule.name,
    {
      name: `${lab}-${rule.name}`,
      description: rule.description,
      network: network.id,
      direction: 'INGRESS',
      sourceRanges: rule.sources,
      targetTags: [tag(lab, rule.targets)],
      allows: [
        {
          protocol: rule.protocol,
          ...(rule.ports ? { ports: [[...new Set(rule.ports)].join('-')] } : {}),
        },
      ],
    },
    options,
  );
}

/** The VPC's firewall, a resource a rule; without rules nothing gets in. */
export function makeFirewall(
  lab: string,
  topology: Topology,
  vpc: Vpc,
  options: Options,
): Firewall[] {
  return topology.rules.map((rule) => makeRule(lab, rule, vpc, options));
}
