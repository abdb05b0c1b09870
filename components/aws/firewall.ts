import * as ec2 from '@pulumi/aws/ec2';
import {
  SecurityGroupEgressRule,
  SecurityGroupIngressRule,
  type SecurityGroupIngressRuleArgs,
} from '@pulumi/aws/vpc';
import { itemsIf } from '../../util/optional';
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
  /** VPC with the IPv6 network that a rule with `fromNodes6` admits. */
  vpc?: ec2.Vpc;
  /** Begins the names of the resources. Default: the rule's name. */
  prefix?: string;
}

/** Source of an admission: a CIDR, and the end of the resource's name. */
interface Source {
  name: string;
  cidr: Pick<SecurityGroupIngressRuleArgs, 'cidrIpv4' | 'cidrIpv6'>;
}

/**
 * Lists the sources of a rule. Those of IPv6 are the pods, and the nodes in the network that Amazon
 * chose. Their names have no address, because `::` separates the parts of a resource's URN.
 */
function sourcesOf({ sources, fromNodes6 }: FirewallRule, vpc: ec2.Vpc | undefined): Source[] {
  if (!fromNodes6) return sources.map((cidr) => ({ name: cidr, cidr: { cidrIpv4: cidr } }));
  return [
    { name: 'nodes', cidr: { cidrIpv6: vpc!.ipv6CidrBlock } },
    ...sources.map((cidr) => ({ name: 'pods', cidr: { cidrIpv6: cidr } })),
  ];
}

/** Admits the packets of one rule of the topology to a group: one resource for each source CIDR. */
export function admit({
  rule,
  group,
  vpc,
  options,
  prefix = rule.name,
}: AdmissionArgs): SecurityGroupIngressRule[] {
  const [fromPort, toPort] = rule.ports ?? [-1, -1];
  return sourcesOf(rule, vpc).map(({ name: source, cidr }) => {
    const name = `${prefix}-from-${source}`;
    return new SecurityGroupIngressRule(
      name,
      {
        securityGroupId: group.id,
        description: rule.description,
        ipProtocol: rule.protocol,
        fromPort,
        toPort,
        ...cidr,
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
  const everywhere: [string, Source['cidr']][] = [
    ['allow-out', { cidrIpv4: '0.0.0.0/0' }],
    ...itemsIf<[string, Source['cidr']]>(topology.ipv6, ['allow-out6', { cidrIpv6: '::/0' }]),
  ];
  const egress = everywhere.map(
    ([name, cidr]) =>
      new SecurityGroupEgressRule(
        name,
        {
          securityGroupId: groups.get('all')!.id,
          description: 'Nodes and pods reach everything',
          ipProtocol: '-1',
          ...cidr,
          tags: resourceTag(name),
        },
        once(options),
      ),
  );
  const ingress = withoutRepeats(topology.rules).flatMap((rule) =>
    admit({ rule, group: groups.get(rule.targets)!, vpc: network.vpc, options }),
  );
  const groupsOf = (node: Node): ec2.SecurityGroup[] =>
    targets
      .filter((target) => target === 'all' || target === node.role)
      .map((target) => groups.get(target)!);
  return { groupsOf, reachable: [...egress, ...ingress] };
}
