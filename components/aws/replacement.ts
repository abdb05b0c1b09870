import type * as pulumi from '@pulumi/pulumi';

/**
 * Options of a resource that cannot exist twice, because its CIDR, address or association is fixed:
 * the old one is deleted before the new one is created.
 *
 * | resource | what is fixed |
 * |---|---|
 * | Subnet | its CIDR in the VPC |
 * | SubnetCidrReservation | its CIDR in the VPC |
 * | RouteTableAssociation | one per subnet |
 * | Route | its destination in the table |
 * | SecurityGroupIngressRule, SecurityGroupEgressRule | protocol, ports and CIDR in the group |
 * | Instance | its private address |
 * | EipAssociation | one per Elastic IP |
 * | LoadBalancer | holds the Elastic IP |
 * | Listener | its port on the balancer |
 * | TargetGroupAttachment | one per instance and port in the target group |
 *
 * All others can exist twice: Vpc, InternetGateway (one per VPC, replaced with it), RouteTable,
 * SecurityGroup, KeyPair and TargetGroup (generated names), Eip.
 *
 * Routes and rules have no `deletedWith`. The engine would drop them from the state without a call,
 * and a destroy that ends before their table or group is deleted would leave them. AWS refuses to
 * create them twice (RouteAlreadyExists, InvalidPermission.Duplicate), so the next `up` would fail.
 * Rules have tags, but `up` searches by tags only if the last run was killed, not if it failed.
 *
 * A TargetGroupAttachment keeps `deletedWith`: RegisterTargets accepts a registered target. Its API
 * reference lists no error for that.
 */
export const once = <O extends pulumi.CustomResourceOptions>(
  options: O,
): O & { deleteBeforeReplace: true } => ({ ...options, deleteBeforeReplace: true });
