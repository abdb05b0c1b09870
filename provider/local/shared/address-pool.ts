import { execFileSync } from 'node:child_process';
import { asCidr, overlap, parseCidr } from '../../../util/cidr';
import { run } from './command';
import type { RouteRow } from '../router/router-snapshot';

/** All IPv4 routes of this machine, of every table. */
export const machineRoutes = (): RouteRow[] =>
  JSON.parse(
    execFileSync('ip', ['-j', '-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' }),
  ) as RouteRow[];

/** A default route, or one half of it, as VPN clients set them: it says nothing of what is used here. */
const isDefault = (dst: string): boolean => !/^\d/.test(dst) || parseCidr(asCidr(dst)).prefix < 2;

/** Routes into a public pool that are neither a lab's nor the pool's own blackhole, in words. */
export const foreignRoutes = (pool: string, routes: RouteRow[]): string[] =>
  routes
    .filter(
      ({ dst, dev = '', type }) =>
        !isDefault(dst) &&
        overlap(asCidr(dst), pool) &&
        type !== 'blackhole' &&
        !/^hw\d+$/.test(dev),
    )
    .map(({ dst, dev, type }) => `${dst} (${dev ?? type})`);

/**
 * Makes sure that nothing sent to the pool leaves this machine, whether a lab is up or not: the first thing done, and
 * the one thing that stays until `lab clean`. Throws where the machine already has routes of its own into the pool.
 */
export async function blackholePool(pool: string): Promise<void> {
  const foreign = foreignRoutes(pool, machineRoutes());
  if (foreign.length > 0)
    throw new Error(
      `publicPool ${pool} overlaps this machine's own route ${foreign.join(', ')}: choose another publicPool`,
    );
  // As the kernel's own: systemd-networkd removes routes that nobody told it of, whenever it is started again.
  await run('ip', ['route', 'replace', 'blackhole', pool, 'proto', 'kernel']);
}
