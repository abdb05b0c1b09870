import type { Drill } from '../../cli/drills/drill';
import { allDrills, findDrill } from '../../cli/drills/loader';
import type { DrillFault, Fault } from './fault';
import { ipv6Faults, nftablesFaults } from './ipv6';
import { loadBalancerFaults } from './load-balancer';
import { nodeFaults } from './nodes';
import { podFaults } from './pods';
import { routeFaults } from './routes';
import { serviceFaults } from './services';

/** Faults with the reasons that the checks must give. */
const entries: DrillFault[] = [...nodeFaults, ...podFaults, ...routeFaults, ...serviceFaults];

/** Returns a fault for each drill without an entry that fits the fault tests' lab of two workers. */
export const withoutEntry = (
  drills: Pick<Drill, 'name' | 'fails' | 'workers'>[],
  known: DrillFault[],
): DrillFault[] =>
  drills
    .filter(({ name, workers }) => workers <= 2 && !known.some(({ drill }) => drill === name))
    .map(({ name, fails }) => ({
      drill: name,
      fails: Object.fromEntries(fails.map((id) => [id, /./])),
      passes: [],
    }));

/** Faults that the checks of every lab must detect. For each check, at least one makes it fail. */
export const faults: DrillFault[] = [...entries, ...withoutEntry(allDrills(), entries)];

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
