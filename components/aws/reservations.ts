import * as ec2 from '@pulumi/aws/ec2';
import { addressAt } from '../../util/cidr';
import type { Options } from './credentials';
import { once } from './replacement';
import type { SubnetParts } from './types';

/** A block of addresses, by its first host in the node network and its prefix length. */
interface Block {
  host: number;
  prefix: number;
}

/**
 * Blocks that hold every address a node may have: controllers are hosts 10 to 12, workers 20 to 28.
 * A node network of /27 keeps ten free addresses beside them. An internet-facing balancer needs eight
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/availability-zones.html).
 */
export const NODE_BLOCKS: Block[] = [
  { host: 8, prefix: 29 },
  { host: 20, prefix: 30 },
  { host: 24, prefix: 30 },
  { host: 28, prefix: 32 },
];

/**
 * Reserves the nodes' addresses, so that AWS gives none of them to the load balancer. Type `explicit`:
 * AWS assigns such an address only when a request names it
 * (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html).
 */
export const reserveNodeAddresses = (
  { plan, subnet }: SubnetParts,
  options: Options,
): ec2.SubnetCidrReservation[] =>
  NODE_BLOCKS.map(
    ({ host, prefix }) =>
      new ec2.SubnetCidrReservation(
        `nodes-${host}`,
        {
          subnetId: subnet.id,
          cidrBlock: `${addressAt(plan.cidr, host)}/${prefix}`,
          reservationType: 'explicit',
          description: 'Addresses of nodes',
        },
        once(options),
      ),
  );
