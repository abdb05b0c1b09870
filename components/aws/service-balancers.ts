import * as ec2 from '@pulumi/aws/ec2';
import * as lb from '@pulumi/aws/lb';
import { SecurityGroupEgressRule } from '@pulumi/aws/vpc';
import type { ServiceAddress } from '../cloud';
import type { BalancedPort, BalancedService } from '../balanced-services';
import { admit, makeGroup } from './firewall';
import { makeListener, makeNetworkBalancer } from './network-balancer';
import { once } from './replacement';
import { resourceTag } from './tags';
import type { AwsBuilt, AwsContext } from './types';

type Parts = Pick<AwsBuilt, 'network' | 'loadBalancer' | 'machines'>;

/** Names a resource of a service, in its tags too. */
const tagsOf = (lab: string, name: string): Record<string, string> => ({
  Name: `${lab}-${name}`,
  ...resourceTag(name),
});

/** Creates the balancer's security group, which admits `nodePortCidrs` at the service's ports. */
function makeBalancerGroup(
  { name, service, ports, healthPort }: BalancedService,
  { config, topology, options }: AwsContext,
  { network }: Pick<Parts, 'network'>,
) {
  const description = `The load balancer of service ${service}`;
  const group = makeGroup({ name, description, network, options });
  const admitted = ports.flatMap(({ port }) =>
    admit({
      rule: {
        name: `${name}-${port}`,
        description: `Anybody in nodePortCidrs reaches service ${service}`,
        protocol: 'tcp',
        ports: [port, port],
        sources: config.nodePortCidrs,
        targets: 'worker',
      },
      group,
      options,
    }),
  );
  const outward = [...new Set([...ports.map(({ nodePort }) => nodePort), healthPort])].map(
    (port) =>
      new SecurityGroupEgressRule(
        `${name}-out-${port}`,
        {
          securityGroupId: group.id,
          description: `NodePort or health port of service ${service}`,
          ipProtocol: 'tcp',
          fromPort: port,
          toPort: port,
          cidrIpv4: topology.nodeCidr,
          tags: resourceTag(`${name}-out-${port}`),
        },
        once(options),
      ),
  );
  return { group, rules: [...admitted, ...outward] };
}

/**
 * Creates the target group of one port. Workers see the client's address, because a security group
 * of workers admits `nodePortCidrs` at NodePorts. A worker that is its own client would not get an
 * answer through the balancer
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html).
 * kube-proxy prevents that: it sends packets of nodes and pods to the endpoint.
 */
function makeTargets(
  { name, healthPort }: BalancedService,
  { nodePort }: BalancedPort,
  { lab, options }: AwsContext,
  { network, machines }: Parts,
) {
  const targets = new lb.TargetGroup(
    `${name}-${nodePort}`,
    {
      vpcId: network.vpc.id,
      port: nodePort,
      protocol: 'TCP',
      targetType: 'instance',
      preserveClientIp: 'true',
      deregistrationDelay: 0,
      // kube-proxy answers 503 at the healthCheckNodePort of a node without a pod of the service.
      healthCheck: {
        protocol: 'HTTP',
        path: '/healthz',
        port: String(healthPort),
        matcher: '200',
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      tags: tagsOf(lab, `${name}-${nodePort}`),
    },
    options,
  );
  for (const worker of machines.filter(({ role }) => role === 'worker'))
    new lb.TargetGroupAttachment(
      `${name}-${nodePort}-${worker.name}`,
      { targetGroupArn: targets.arn, targetId: worker.resource.id, port: nodePort },
      once({ ...options, deletedWith: targets }),
    );
  return targets;
}

/** Creates the Network Load Balancer of one service, with an address that stays. */
function makeServiceBalancer(
  service: BalancedService,
  context: AwsContext,
  built: Parts,
): ServiceAddress {
  const { lab, options } = context;
  const { name } = service;
  const { network, loadBalancer } = built;
  const [subnet] = network.subnets;
  const tags = tagsOf(lab, name);
  const eip = new ec2.Eip(
    name,
    { domain: 'vpc', tags },
    { ...options, dependsOn: network.gateway },
  );
  const { group, rules } = makeBalancerGroup(service, context, built);
  const balancer = makeNetworkBalancer({
    ...{ name, subnet, group, eip, tags, options },
    // The API's balancer waits for the reservations of nodes' addresses, and this one for it.
    dependsOn: [network.gateway, ...rules, loadBalancer.balancing!.listener],
  });
  for (const port of service.ports) {
    const listener = `${name}-${port.port}`;
    makeListener(balancer, {
      name: listener,
      port: port.port,
      targets: makeTargets(service, port, context, built),
      tags: tagsOf(lab, listener),
      options,
    });
  }
  return { service: service.service, address: eip.publicIp };
}

/** Creates the balancers of the services in `loadBalancers`. */
export const makeServiceBalancers = (context: AwsContext, built: Parts): ServiceAddress[] =>
  (context.topology.balancedServices ?? []).map((service) =>
    makeServiceBalancer(service, context, built),
  );
