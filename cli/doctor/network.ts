import { parseCidr, overlap } from '../../components/cidr';
import { hasCommand } from '../../toolchain/host/host';
import { knownPools } from '../pools';
import { fail, type Finding, ok, type Probe, warn } from './finding';
import { routes } from './machine';

const asCidr = (destination: string): string => (destination.includes('/') ? destination : `${destination}/32`);

/** Routes into a public pool that are neither a lab's nor the pool's own blackhole. */
export function foreignRoutes(pool: string, found = routes()): string[] {
  return found
    .filter(({ destination }) => /^\d/.test(destination) && parseCidr(asCidr(destination)).prefix > 0)
    .filter(({ destination, device, type }) => overlap(asCidr(destination), pool) && type !== 'blackhole' && !/^hw\d+$/.test(device))
    .map(({ destination, device }) => `${destination} (${device})`);
}

/** Whether this machine has routes of its own into any of these pools. */
export function poolFinding(pools: string[], hasIp = hasCommand('ip')): Omit<Finding, 'id' | 'title'> {
  if (!hasIp) return warn('routes can not be read without ip', 'comes with ./lab start');
  const foreign = pools.flatMap((one) => foreignRoutes(one).map((route) => `${one} meets this machine's own route ${route}`));
  if (foreign.length === 0) return ok(`${pools.join(', ')}: nothing else uses them here`);
  return fail(foreign.join('; '), './lab up --set publicPool=CIDR --set adminCidrs=CIDR, with a network that this machine does not use');
}

export const poolProbe = (pools: string[] = knownPools()): Probe => ({ id: 'pool', title: 'Public addresses', look: () => poolFinding(pools) });
