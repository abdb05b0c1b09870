import type { Fault } from './fault';
import { ipv6Faults, nftablesFaults } from './ipv6';
import { nodeFaults } from './nodes';
import { podFaults } from './pods';
import { routeFaults } from './routes';
import { serviceFaults } from './services';

/** Faults that the checks of every lab must detect. For each check, at least one makes it fail. */
export const faults: Fault[] = [...nodeFaults, ...podFaults, ...routeFaults, ...serviceFaults];

/** Faults of dual-stack labs too, for the same of the IPv6 checks. */
export const allFaults: Fault[] = [...faults, ...ipv6Faults, ...nftablesFaults];
