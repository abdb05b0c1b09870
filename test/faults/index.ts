import type { Fault } from './fault';
import { nodeFaults } from './nodes';
import { podFaults } from './pods';
import { routeFaults } from './routes';
import { serviceFaults } from './services';

/** All faults that the checks must detect: for every check at least one fault that makes it fail. */
export const faults: Fault[] = [...nodeFaults, ...podFaults, ...routeFaults, ...serviceFaults];
