import * as ec2 from '@pulumi/aws/ec2';
import { SecurityGroupEgressRule, SecurityGroupIngressRule } from '@pulumi/aws/vpc';
import type * as pulumi from '@pulumi/pulumi';
import { withoutRepeats } from '../security-group-rules';
import type { FirewallRule, Node, Topology } from '../topology';
import type { Network } from './network';
import type { Options } from './credentials';
import { once } from './replacement';
import { resourceTag } from './tags';

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
    { vpcId: network.vpc.id, description, tags: { Name: name, ...resourceTag(name) } },
    options,
  );
}

/** Lets in to a group the packets of one rule of the topology: one resource for each source, as AWS lists them. */
export function letIn(
  rule: FirewallRule,
  group: ec2.SecurityGroup,
  options: Options,
  prefix = rule.name,
): SecurityGroupIngressRule[] {
  const [fromPort, toPort] = rule.ports ?? [-1, -1];
  return rule.sources.map((cidrIpv4) => {
    const name = `${prefix}-from-${cidrIpv4}`;
    return new SecurityGroupIngressRule(
      name,
      {
        securityGroupId: group.id,
        description: rule.description,
        ipProtocol: rule.protocol,
        fromPort,
        toPort,
        cidrIpv4,
        tags: resourceTag(name),
      },
      once({ ...options, deletedWith: group }),
    );
  });
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
      tags: resourceTag('allow-out'),
    },
    once({ ...options, deletedWith: groups.get('all') }),
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
