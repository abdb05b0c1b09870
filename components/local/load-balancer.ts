import * as pulumi from '@pulumi/pulumi';
import { LoadBalancer, type Network } from '../../provider/resources';
import { addressAt } from '../../util/cidr';
import type { LabConfig } from '../config';
import type { Topology } from '../topology';

/** Host number of the API's public address in the lab's public /24. */
const HOST = 100;

/** What people reach the API by; nodes don't use it. */
export function makeLoadBalancer(
  lab: string,
  config: LabConfig,
  topology: Topology,
  network: Network,
  parent: pulumi.Resource,
): LoadBalancer {
  const targets = topology.nodes
    .filter((node) => node.role === 'controller')
    .map(({ name, privateIp }) => ({ name, privateIp }));
  return new LoadBalancer(
    'api',
    {
      lab,
      network: network.generation,
      port: topology.apiPort,
      publicIp: network.publicCidr.apply((cidr) => addressAt(cidr, HOST)),
      targets,
      sources: config.adminCidrs,
    },
    { parent, dependsOn: network },
  );
}
