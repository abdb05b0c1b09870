import type { Fault } from './fault';
import { nodeFaults } from './nodes';
import { podFaults } from './pods';
import { routeFaults } from './routes';
import { serviceFaults } from './services';

/** The faults that a lab must be able to show: for every check at least one that makes it fail. */
export const faults: Fault[] = [...nodeFaults, ...podFaults, ...routeFaults, ...serviceFaults];
