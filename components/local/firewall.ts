import { FirewallRule } from '../../provider/resources';
import { fieldsIf } from '../../util/optional';
import type { Part } from '../cloud';
import type { LocalBuilt, LocalContext } from './types';

/**
 * Creates the VPC's firewall: one resource for each rule. A VPC without rules admits nothing. Rules
 * are deleted with their VPC. If a killed `down` leaves one, the next create replaces it.
 */
export function makeFirewall(
  { lab, topology, options }: LocalContext,
  { network: { vpc } }: Pick<LocalBuilt, 'network'>,
): Part {
  const reachable = topology.rules.map((rule) => {
    const targets = topology.nodes
      .filter((node) => rule.targets === node.role)
      .map((node) => node.privateIp);
    const [firstPort, lastPort] = rule.ports ?? [];
    return new FirewallRule(
      rule.name,
      {
        lab,
        network: vpc.generation,
        rule: {
          name: rule.name,
          description: rule.description,
          protocol: rule.protocol,
          ...fieldsIf(rule.ports, { firstPort, lastPort }),
          sources: rule.sources,
          targets,
        },
      },
      { ...options, dependsOn: vpc, deletedWith: vpc },
    );
  });
  return { reachable };
}
