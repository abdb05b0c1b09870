import type * as pulumi from '@pulumi/pulumi';
import { Network, Site } from '../../provider/resources';
import type { LabConfig } from '../config';
import type { Topology } from '../topology';
import { boundsOf } from './limits';

/** The VPC: its router on this machine, and the lab's public /24. All else of the lab hangs on it, and it on the site. */
export function makeNetwork(
  lab: string,
  config: LabConfig,
  topology: Topology,
  expires: pulumi.Input<string>,
  parent: pulumi.Resource,
): Network {
  const site = new Site('site', { lab, expires, ...boundsOf(config) }, { parent });
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
    { parent, dependsOn: site },
  );
}
