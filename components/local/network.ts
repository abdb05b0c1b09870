import type * as pulumi from '@pulumi/pulumi';
import { Network } from '../../provider/resources';
import type { LabConfig } from '../config';
import type { Topology } from '../topology';

/** The VPC: its router on this machine, and the lab's public /24. */
export function makeNetwork(lab: string, config: LabConfig, topology: Topology, parent: pulumi.Resource): Network {
  return new Network(
    'vpc',
    {
      lab,
      nodeCidr: topology.nodeCidr,
      podCidr: topology.podCidr,
      gateway: topology.gateway,
      publicPool: config.publicPool,
      mtu: topology.mtu,
    },
    { parent },
  );
}
