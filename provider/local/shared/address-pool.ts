import { execFileSync } from 'node:child_process';
import { asCidr, overlap, parseCidr } from '../../../util/cidr';
import { plural } from '../../../util/plural';
import { run } from './command';
import type { RouteRow } from '../router/router-snapshot';

/** Returns all IPv4 routes of the host, of every table. */
export const machineRoutes = (): RouteRow[] =>
  JSON.parse(
    execFileSync('ip', ['-j', '-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' }),
  ) as RouteRow[];

/**
 * Returns true for a default route, or one half of it as VPN clients set them. Such a route does
 * not use the pool.
 */
const isDefault = (dst: string): boolean => !/^\d/.test(dst) || parseCidr(asCidr(dst)).prefix < 2;

/**
 * Returns the routes into a public pool that belong neither to a lab nor to the pool itself, as
 * text.
 */
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
 * Prevents packets to the pool from leaving the host, even if no lab is up. Called first; the
 * blackhole route stays until `lab clean`. Throws if the host has other routes into the pool.
 */
export async function blackholePool(pool: string): Promise<void> {
  const foreign = foreignRoutes(pool, machineRoutes());
  if (foreign.length > 0)
    throw new Error(
      `publicPool ${pool} overlaps this host's own ${plural(foreign.length, 'route')} ${foreign.join(', ')}: choose another publicPool`,
    );
  // proto kernel: at every restart systemd-networkd removes routes that it does not know.
  await run('ip', ['route', 'replace', 'blackhole', pool, 'proto', 'kernel']);
}
