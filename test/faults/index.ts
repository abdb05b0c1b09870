import { findDrill } from '../../cli/drills/loader';
import type { DrillFault } from './fault';
import { nodeFaults } from './nodes';
import { podFaults } from './pods';
import { routeFaults } from './routes';
import { serviceFaults } from './services';

/** All faults that the checks must detect: for every check at least one fault that makes it fail. */
export const faults: DrillFault[] = [...nodeFaults, ...podFaults, ...routeFaults, ...serviceFaults];

/** Returns the name of a fault's test: the drill, and its cause. */
export const titleOf = ({ drill, worse }: DrillFault): string =>
  `${drill}: ${findDrill(drill).cause}${worse ? ', for SSH too' : ''}`;
