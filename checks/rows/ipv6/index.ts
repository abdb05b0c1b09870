import type { LabConfig } from '../../../components/config';
import type { LabOutputs } from '../../../components/outputs';
import type { Check } from '../../check';
import { natChecks } from './nat';
import { nodeChecks } from './nodes';
import { podChecks } from './pods';
import { routeChecks } from './routes';
import { serviceChecks } from './services';

const appliesTo = ({ ipFamily }: LabConfig): boolean => ipFamily === 'dual';

const skip = ({ config }: LabOutputs): string | undefined =>
  appliesTo(config) ? undefined : 'ipFamily is ipv4 in the config';

/** Checks of dual-stack labs: the article's story over IPv6, in the same order. */
export const ipv6Checks: Check[] = [
  ...nodeChecks,
  ...podChecks,
  ...routeChecks,
  ...natChecks,
  ...serviceChecks,
].map((check) => ({ ...check, appliesTo, skip }));
