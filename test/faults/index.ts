import { findDrill } from '../../cli/drills/loader';
import type { DrillFault, Fault } from './fault';
import { ipv6Faults, nftablesFaults } from './ipv6';
import { loadBalancerFaults } from './load-balancer';
import { nodeFaults } from './nodes';
import { podFaults } from './pods';
import { routeFaults } from './routes';
import { serviceFaults } from './services';

/** Faults that the checks of every lab must detect. For each check, at least one makes it fail. */
export const faults: DrillFault[] = [...nodeFaults, ...podFaults, ...routeFaults, ...serviceFaults];

/** Faults of dual-stack labs and of labs with a load balancer, too. */
export const allFaults: Fault[] = [
  ...faults,
  ...loadBalancerFaults,
  ...ipv6Faults,
  ...nftablesFaults,
];

/** Returns the name of a fault's test: the drill, and its cause. */
export const titleOf = ({ drill, worse }: DrillFault): string =>
  `${drill}: ${findDrill(drill).cause}${worse ? ', for SSH too' : ''}`;
