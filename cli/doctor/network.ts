import { foreignRoutes, machineRoutes } from '../../provider/local/pool';
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
