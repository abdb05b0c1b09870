import { balancesServices } from '../components/balanced-services';
import type { LabOutputs } from '../components/outputs';
import type { Check } from './check';
import { cniChecks } from './rows/cni';
import { containerChecks } from './rows/containers';
import { ipv6Checks } from './rows/ipv6';
import { loadBalancerChecks } from './rows/load-balancer';
import { natChecks } from './rows/nat';
import { natOffChecks } from './rows/nat-off';
import { nodeChecks } from './rows/nodes';
import { nodePortChecks } from './rows/node-ports';
import { podChecks } from './rows/pods';
import { routeChecks } from './rows/routes';
import { serviceChecks } from './rows/services';

/** Ids of the article's checks, in its order: nodes, pods of one node, routes, NAT, services. */
export const ORDER = [
  'nodes.ping',
  'nodes.list',
  'cni.config',
  'pod.netns',
  'pod.processes',
  'pod.containers',
  'pod.describe',
  'pod.veth',
  'pod.bridge',
  'route.pod',
  'route.host',
  'route.vpc',
  'nat.ping',
  'nat.masq.source',
  'nat.masq.dest',
  'nat.counter',
  'nat.off',
  'svc.dns',
  'svc.chains',
  'svc.same-node',
  'nodeport.reach',
  'nodeport.entry',
  'nodeport.exit',
  'nodeport.chains',
];

type LabConfigOf = Pick<LabOutputs, 'config'>;

function positionOf({ id }: Pick<Check, 'id'>): number {
  const position = ORDER.indexOf(id);
  if (position < 0)
    throw new Error(`ORDER in checks/registry.ts lacks the check "${id}": add it to ORDER`);
  return position;
}

/** Sorts checks of the article in the article's order. Throws an Error if ORDER lacks one. */
export const inArticleOrder = <C extends Pick<Check, 'id'>>(all: C[]): C[] =>
  [...all].sort((one, other) => positionOf(one) - positionOf(other));

/** Checks of every lab, in the article's order. */
export const checks: Check[] = inArticleOrder([
  ...nodeChecks,
  ...cniChecks,
  ...podChecks,
  ...containerChecks,
  ...routeChecks,
  ...natChecks,
  ...natOffChecks,
  ...serviceChecks,
  ...nodePortChecks,
]);

/** Checks of every lab, then those of labs with a load balancer and of dual-stack labs. */
export const allChecks: Check[] = [...checks, ...loadBalancerChecks, ...ipv6Checks];

/**
 * Returns the config that a check needs and a lab does not have, as `ipFamily=dual`. On clouds,
 * `loadBalancers` counts as `loadBalancer`.
 */
export function missingConfig({ config: needed }: Check, { config }: LabConfigOf): string[] {
  const has = spellConfig({ ...config, loadBalancer: balancesServices(config) });
  return spellConfig(needed).filter((one) => !has.includes(one));
}

/** Formats config as `ipFamily=dual`. */
export const spellConfig = (config: object = {}): string[] =>
  Object.entries(config).map(([key, value]) => `${key}=${String(value)}`);

/** Returns the checks that `verify` runs on a lab by default. */
export const checksOf = (outputs: LabConfigOf): Check[] =>
  allChecks.filter((check) => missingConfig(check, outputs).length === 0);
