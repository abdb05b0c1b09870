import * as ec2 from '@pulumi/aws/ec2';
import { SecurityGroupEgressRule, SecurityGroupIngressRule } from '@pulumi/aws/vpc';
import type * as pulumi from '@pulumi/pulumi';
import type { FirewallRule, Node, Topology } from '../topology';
import type { Network } from './network';
import type { Options } from './credentials';

export interface Firewall {
  /** The security groups of a node. */
  groupsOf(node: Node): ec2.SecurityGroup[];
  rules: pulumi.Resource[];
}

const PURPOSE: Record<FirewallRule['targets'], string> = {
  all: 'Every node',
  controller: 'Controllers',
  worker: 'Workers',
};

/** A security group without any rule: it lets nothing in. */
export function makeGroup(
  name: string,
  description: string,
  network: Network,
  options: Options,
): ec2.SecurityGroup {
  return new ec2.SecurityGroup(
    name,
    { vpcId: network.vpc.id, description, tags: { Name: name } },
    options,
  );
}

/** Lets in to a group what a rule of the topology says, from each of its sources: a resource each, because AWS lists them so. */
export function letIn(
  rule: FirewallRule,
  group: ec2.SecurityGroup,
  options: Options,
  prefix = rule.name,
): SecurityGroupIngressRule[] {
  const [fromPort, toPort] = rule.ports ?? [-1, -1];
  return rule.sources.map(
    (cidrIpv4) =>
      new SecurityGroupIngressRule(
        `${prefix}-from-${cidrIpv4}`,
        {
          securityGroupId: group.id,
          description: rule.description,
          ipProtocol: rule.protocol,
          fromPort,
          toPort,
          cidrIpv4,
        },
        { ...options, deletedWith: group },
      ),
  );
}

/** AWS refuses to let the same in twice: of administrators who are inside, say, the ping. */
function withoutRepeats(rules: FirewallRule[]): FirewallRule[] {
  const seen = new Set<string>();
  const isNew = (rule: FirewallRule, source: string): boolean => {
    const key = [rule.targets, rule.protocol, rule.ports, source].join(' ');
    return !seen.has(key) && Boolean(seen.add(key));
  };
  return rules.map((rule) => ({
    ...rule,
    sources: rule.sources.filter((source) => isNew(rule, source)),
  }));
}

/** The VPC's firewall: a security group for each kind of node that a rule is for; without rules nothing gets in. */
export function makeFirewall(topology: Topology, network: Network, options: Options): Firewall {
  const targets = [
    ...new Set<FirewallRule['targets']>(['all', ...topology.rules.map((rule) => rule.targets)]),
  ];
  const groups = new Map(
    targets.map((target) => [
      target,
      makeGroup(`nodes-${target}`, PURPOSE[target], network, options),
    ]),
  );
  const egress = new SecurityGroupEgressRule(
    'allow-out',
    {
      securityGroupId: groups.get('all')!.id,
      description: 'Nodes and pods reach everything',
      ipProtocol: '-1',
      cidrIpv4: '0.0.0.0/0',
    },
    { ...options, deletedWith: groups.get('all') },
  );
  const ingress = withoutRepeats(topology.rules).flatMap((rule) =>
    letIn(rule, groups.get(rule.targets)!, options),
  );
  const groupsOf = (node: Node): ec2.SecurityGroup[] =>
    targets
      .filter((target) => target === 'all' || target === node.role)
      .map((target) => groups.get(target)!);
  return { groupsOf, rules: [egress, ...ingress] };
}
