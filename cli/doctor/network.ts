import { foreignRoutes, machineRoutes } from '../../provider/local/pool';
import { jumpPortTaken, PORT_CURE } from '../../provider/local/jumphost';
import { hasCommand } from '../../toolchain/host/host';
import { knownPools } from '../pools';
import { fail, type Finding, ok, type Probe, warn } from './finding';

/** Whether this machine has routes of its own into any of these pools. */
export function poolFinding(pools: string[], hasIp = hasCommand('ip')): Omit<Finding, 'id' | 'title'> {
  if (!hasIp) return warn('routes can not be read without ip', 'comes with ./lab start');
  const routes = machineRoutes();
  const foreign = pools.flatMap((one) => foreignRoutes(one, routes).map((route) => `${one} meets this machine's own route ${route}`));
  if (foreign.length === 0) return ok(`${pools.join(', ')}: nothing else uses them here`);
  return fail(foreign.join('; '), './lab up --set publicPool=CIDR --set adminCidrs=CIDR, with a network that this machine does not use');
}

export const poolProbe = (pools: string[] = knownPools()): Probe => ({ id: 'pool', title: 'Public addresses', look: () => poolFinding(pools) });

/** Whether a lab's jump host can have its port. */
export const jumpPortProbe = (lab: string, pool: string): Probe => ({
  id: 'jump-port',
  title: 'Port of the jump host',
  look: async () => {
    const taken = await jumpPortTaken(lab, pool);
    return taken ? fail(taken, PORT_CURE) : ok('nothing else uses it here');
  },
});
