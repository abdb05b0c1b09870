import * as ec2 from '@pulumi/aws/ec2';
import { SecurityGroupEgressRule, SecurityGroupIngressRule } from '@pulumi/aws/vpc';
import { withoutRepeats } from '../security-group-rules';
import type { FirewallRule, Node } from '../topology';
import type { Options } from './credentials';
import { once } from './replacement';
import { resourceTag } from './tags';
import type { AwsBuilt, AwsContext, Firewall, Network } from './types';

const PURPOSE: Record<FirewallRule['targets'], string> = {
  all: 'Every node',
  controller: 'Controllers',
  worker: 'Workers',
};

interface GroupArgs {
  name: string;
  description: string;
  network: Network;
  options: Options;
}

/** Creates a security group without any rule, which admits nothing. */
export function makeGroup({ name, description, network, options }: GroupArgs): ec2.SecurityGroup {
  return new ec2.SecurityGroup(
    name,
    { vpcId: network.vpc.id, description, tags: { Name: name, ...resourceTag(name) } },
    options,
  );
}

interface AdmissionArgs {
  rule: FirewallRule;
  group: ec2.SecurityGroup;
  options: Options;
  /** Begins the names of the resources. Default: the rule's name. */
  prefix?: string;
}

/** Admits the packets of one rule of the topology to a group: one resource for each source CIDR. */
export function admit({
  rule,
  group,
  options,
  prefix = rule.name,
}: AdmissionArgs): SecurityGroupIngressRule[] {
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
      once(options),
    );
  });
}

/** Creates the VPC's firewall: a security group for each kind of node that a rule targets. */
export function makeFirewall(
  { topology, options }: AwsContext,
  { network }: Pick<AwsBuilt, 'network'>,
): Firewall {
  const targets = [
    ...new Set<FirewallRule['targets']>(['all', ...topology.rules.map((rule) => rule.targets)]),
  ];
  const groups = new Map(
    targets.map((target) => [
      target,
      makeGroup({ name: `nodes-${target}`, description: PURPOSE[target], network, options }),
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
    once(options),
  );
  const ingress = withoutRepeats(topology.rules).flatMap((rule) =>
    admit({ rule, group: groups.get(rule.targets)!, options }),
  );
  const groupsOf = (node: Node): ec2.SecurityGroup[] =>
    targets
      .filter((target) => target === 'all' || target === node.role)
      .map((target) => groups.get(target)!);
  return { groupsOf, reachable: [egress, ...ingress] };
}
