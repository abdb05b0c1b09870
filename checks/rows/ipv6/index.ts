import type { Check } from '../../check';
import { natChecks } from './nat';
import { nodeChecks } from './nodes';
import { podChecks } from './pods';
import { routeChecks } from './routes';
import { serviceChecks } from './services';

/** Checks of dual-stack labs: the article's story over IPv6, in the same order. */
export const ipv6Checks: Check[] = [
  ...nodeChecks,
  ...podChecks,
  ...routeChecks,
  ...natChecks,
  ...serviceChecks,
];
