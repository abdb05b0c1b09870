import type { LabOutputs } from '../components/outputs';
import type { Check } from './check';
import { cniChecks } from './rows/cni';
import { containerChecks } from './rows/containers';
import { loadBalancerChecks } from './rows/load-balancer';
import { natChecks } from './rows/nat';
import { natOffChecks } from './rows/nat-off';
import { nodeChecks } from './rows/nodes';
import { nodePortChecks } from './rows/node-ports';
import { podChecks } from './rows/pods';
import { routeChecks } from './rows/routes';
import { serviceChecks } from './rows/services';

/** Ids of all checks in the article's order: nodes, pods within one node, routes, NAT, services. */
const ORDER = [
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

const positionOf = ({ id }: Check): number => ORDER.indexOf(id);

/** Checks of every lab, in the article's order. */
export const checks: Check[] = [
  ...nodeChecks,
  ...cniChecks,
  ...podChecks,
  ...containerChecks,
  ...routeChecks,
  ...natChecks,
  ...natOffChecks,
  ...serviceChecks,
  ...nodePortChecks,
].sort((one, other) => positionOf(one) - positionOf(other));

/** Checks of every lab, then those of labs with a load balancer. */
export const allChecks: Check[] = [...checks, ...loadBalancerChecks];

/** Returns the checks that `verify` runs on a lab by default. */
export const checksOf = ({ config }: Pick<LabOutputs, 'config'>): Check[] =>
  allChecks.filter(({ appliesTo }) => appliesTo?.(config) ?? true);
