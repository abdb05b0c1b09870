import type * as pulumi from '@pulumi/pulumi';
import { FirewallRule, type Network } from '../../provider/resources';
import type { Topology } from '../topology';

/** The VPC's firewall, a resource a rule; without rules nothing gets in. */
export function makeFirewall(
  lab: string,
  topology: Topology,
  network: Network,
  parent: pulumi.Resource,
): FirewallRule[] {
  return topology.rules.map((rule) => {
    const targets = topology.nodes
      .filter((node) => rule.targets === node.role)
      .map((node) => node.privateIp);
    const [firstPort, lastPort] = rule.ports ?? [];
    return new FirewallRule(
      rule.name,
      {
        lab,
        network: network.generation,
        rule: {
          name: rule.name,
          description: rule.description,
          protocol: rule.protocol,
          ...(rule.ports ? { firstPort, lastPort } : {}),
          sources: rule.sources,
          targets,
        },
      },
      { parent, dependsOn: network, deletedWith: network },
    );
  });
}
