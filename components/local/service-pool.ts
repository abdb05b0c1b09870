import { addressAt } from '../../util/cidr';

/**
 * Host numbers of the addresses for services in a lab's public /24. Nodes have the numbers below
 * 30, and the API has 100.
 */
const HOSTS = { first: 30, count: 20 };

/** Returns the addresses for services of type LoadBalancer in a lab's public /24, lowest first. */
export const servicePool = (publicCidr: string): string[] =>
  Array.from({ length: HOSTS.count }, (_, offset) => addressAt(publicCidr, HOSTS.first + offset));
