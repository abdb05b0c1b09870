import { parseCidr } from '../../util/cidr';
import { plural } from '../../util/plural';
import {
  jumpPortTaken,
  PORT_CURE,
  foreignRoutes,
  machineRoutes,
  labs,
  slotOf,
} from '../../provider/local';
import { hasCommand } from '../../toolchain';
import { knownPools } from '../lab/known-pools';
import { fail, type Finding, ok, type Probe, warn } from './finding';

/** Checks whether the host has routes into any of these pools. */
export function poolFinding(
  pools: string[],
  hasIp = hasCommand('ip'),
): Omit<Finding, 'id' | 'title'> {
  if (!hasIp) return warn('routes can not be read without ip', 'comes with ./lab start');
  const routes = machineRoutes();
  const foreign = pools.flatMap((one) =>
    foreignRoutes(one, routes).map((route) => `${one} overlaps this host's route ${route}`),
  );
  if (foreign.length === 0) return ok(`${pools.join(', ')}: not used by other routes`);
  return fail(
    foreign.join('; '),
    './lab up --set publicPool=CIDR --set adminCidrs=CIDR, with a network that this host does not use',
  );
}

export const poolProbe = (pools: string[] = knownPools()): Probe => ({
  id: 'pool',
  title: 'Public addresses',
  look: () => poolFinding(pools),
});

/**
 * Checks whether each pool has a free public /24 for each new lab. `wanted` counts new labs by
 * pool; `taken` are the slots of existing labs.
 */
export function slotsFinding(
  wanted: Map<string, number>,
  taken = labs().flatMap((lab) => slotOf(lab)?.slot ?? []),
): Omit<Finding, 'id' | 'title'> {
  const found = [...wanted].map(([pool, needed]) => {
    const count = parseCidr(pool).size / 256;
    const free = count - new Set(taken.filter((slot) => slot < count)).size;
    return {
      short: needed > free,
      text: `${pool} has ${free} of ${count} free, and ${needed} ${plural(needed, 'is', 'are')} needed`,
    };
  });
  const short = found.filter((one) => one.short);
  if (short.length === 0) return ok(found.map(({ text }) => text).join('; '));
  return fail(
    short.map(({ text }) => text).join('; '),
    './lab down of labs that are not needed, or a wider publicPool in the config',
  );
}

export const slotsProbe = (wanted: Map<string, number>): Probe => ({
  id: 'slots',
  title: 'Public networks',
  look: () => slotsFinding(wanted),
});

/**
 * Checks whether the port of a lab's jump host is free. `ahead` is the number of labs that get a
 * port first.
 */
export const jumpPortProbe = (lab: string, pool: string, ahead = 0): Probe => ({
  id: 'jump-port',
  title: 'Port of the jump host',
  look: async () => {
    const taken = await jumpPortTaken(lab, pool, ahead);
    if (taken) return fail(taken, PORT_CURE);
    return ok('free');
  },
});
