import { listOf } from '../../../util/optional';

/** Two connected network interfaces. */
export interface VethPair {
  name: string;
  mtu: number;
  peer: { name: string; namespace: string; mac?: string };
}

/** Returns the arguments of `ip` that create a pair, with the peer in its namespace. */
export const createVeth = ({ name, mtu, peer }: VethPair): string[] => [
  ...['link', 'add', name, 'mtu', String(mtu), 'type', 'veth'],
  ...['peer', 'name', peer.name, ...listOf(peer.mac).flatMap((mac) => ['address', mac])],
  ...['mtu', String(mtu), 'netns', peer.namespace],
];
