import { asCidr, overlap, parseCidr } from '../../../util/cidr';
import { isIpv6, overlap6, prefix6 } from '../../../util/cidr6';
import { textIf } from '../../../util/optional';
import type { ResourceKind } from '../../protocol/resource-kind';
import { ipIn } from '../shared/command';
import { routerSnapshot, routes6, type RouteRow } from '../router/router-snapshot';
import { routerOf } from '../shared/names';
import { driftDifference, type Drifting } from '../shared/drift';

export interface RouteInputs {
  lab: string;
  /** Generation of the network that the resource belongs to. */
  network: string;
  /** A pod CIDR. */
  destination: string;
  /** Private address of the worker that owns it. */
  nextHopIp: string;
}

interface RouteState extends RouteInputs, Drifting {}

/** Adds the prefix length that `ip` omits for a single address. */
function withPrefix6(destination: string): string {
  if (destination.includes('/')) return destination;
  return `${destination}/128`;
}

/** Returns the router's IPv6 routes for this destination and for parts of it. */
async function entries6({
  lab,
  destination,
}: RouteInputs): Promise<{ own?: RouteRow; narrower: RouteRow[] }> {
  const inside = (await routes6(routerOf(lab)).catch((): RouteRow[] => []))
    .filter(({ dst }) => dst !== 'default')
    .map((row) => ({ ...row, dst: withPrefix6(row.dst) }))
    .filter(({ dst }) => overlap6(dst, destination));
  const narrower = inside.filter(({ dst }) => prefix6(dst) > prefix6(destination));
  return { own: inside.find(({ dst }) => dst === destination), narrower };
}

/**
 * Returns the router's route for this destination, and the routes for parts of it, which take
 * precedence.
 */
async function entries(inputs: RouteInputs): Promise<{ own?: RouteRow; narrower: RouteRow[] }> {
  const { lab, destination } = inputs;
  if (isIpv6(destination)) return entries6(inputs);
  const inside = ((await routerSnapshot(lab))?.routes ?? []).filter(
    ({ dst }) => dst !== 'default' && overlap(asCidr(dst), destination),
  );
  const narrower = inside.filter(
    ({ dst }) => parseCidr(asCidr(dst)).prefix > parseCidr(destination).prefix,
  );
  return { own: inside.find(({ dst }) => dst === destination), narrower };
}

/** A route in the VPC router's table. */
export const routeKind: ResourceKind<RouteInputs, RouteState> = {
  async create(inputs) {
    for (const { dst } of (await entries(inputs)).narrower)
      await ipIn(routerOf(inputs.lab), 'route', 'del', dst);
    await ipIn(
      routerOf(inputs.lab),
      'route',
      'replace',
      inputs.destination,
      'via',
      inputs.nextHopIp,
      'dev',
      'vpc',
    );
    return { id: `${inputs.lab}/${inputs.destination}`, state: { ...inputs, trouble: '' } };
  },
  async read(_id, state) {
    const { own, narrower } = await entries(state);
    if (!own) return undefined;
    const wrong = textIf(
      own.gateway !== state.nextHopIp,
      `leads to ${own.gateway ?? own.type ?? own.dev}, not ${state.nextHopIp}`,
    );
    return {
      ...state,
      trouble:
        wrong || narrower.map(({ dst }) => `overridden by another route, to ${dst}`).join(', '),
    };
  },
  async update(_id, _olds, news) {
    return (await routeKind.create(news)).state;
  },
  async diff(olds, news, unknown) {
    return driftDifference(olds, news, unknown, (input) => input === 'nextHopIp');
  },
  async delete(_id, state) {
    if ((await entries(state)).own)
      await ipIn(routerOf(state.lab), 'route', 'del', state.destination);
  },
};
