import { Network as Vpc, Site } from '../../provider/resources';
import { boundsOf } from './limits';
import type { LocalContext, Network } from './types';

/**
 * Creates the VPC: its router on the host, and the lab's public /24. All other resources of the lab
 * belong to it, and it belongs to the site.
 */
export function makeNetwork({ lab, config, topology, tags, options }: LocalContext): Network {
  const site = new Site('site', { lab, expires: tags.expires, ...boundsOf(config) }, options);
  const vpc = new Vpc(
    'vpc',
    {
      lab,
      nodeCidr: topology.nodeCidr,
      podCidr: topology.podCidr,
      gateway: topology.gateway,
      gateway6: topology.ipv6?.gateway,
      publicPool: config.publicPool,
      mtu: topology.mtu,
    },
    { ...options, dependsOn: site },
  );
  // A node is created after its VPC, so logins need not wait for it.
  return { vpc, reachable: [] };
}
