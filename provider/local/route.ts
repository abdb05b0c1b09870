import { changedInputs } from '../difference';
import type { ResourceKind } from '../resource';
import { attempt, ipIn, run } from './command';
import { brokenPart } from './network';
import { namespaceExists, routerOf } from './places';

export interface RouteInputs {
  lab: string;
  /** Generation of the network that it is in. */
  network: string;
  /** A pod CIDR. */
  destination: string;
  /** Private address of the worker that owns it. */
  nextHopIp: string;
}

/** The next hop that the router has for a destination, or undefined. */
async function nextHop(lab: string, destination: string): Promise<string | undefined> {
  const listing = await attempt('ip', ['-n', routerOf(lab), '-j', 'route', 'show', 'exact', destination]);
  if (listing.code !== 0) return undefined;
  return (JSON.parse(listing.stdout || '[]') as { gateway?: string }[])[0]?.gateway;
}

/** One entry of the VPC router's table. */
export const routeKind: ResourceKind<RouteInputs, RouteInputs> = {
  async create(inputs) {
    await ipIn(routerOf(inputs.lab), 'route', 'replace', inputs.destination, 'via', inputs.nextHopIp, 'dev', 'vpc');
    return { id: `${inputs.lab}/${inputs.destination}`, state: inputs };
  },
  async read(_id, state) {
    const found = await nextHop(state.lab, state.destination);
    return found === undefined || (await brokenPart(state.lab)) !== '' ? undefined : { ...state, nextHopIp: found };
  },
  async update(_id, _olds, news) {
    return (await routeKind.create(news)).state;
  },
  async diff(olds, news, unknown) {
    const changed = changedInputs(olds, news, news, unknown);
    return { changed, replace: changed.filter((name) => name !== 'nextHopIp') };
  },
  async delete(_id, state) {
    if (!namespaceExists(routerOf(state.lab)) || !(await nextHop(state.lab, state.destination))) return;
    await run('ip', ['-n', routerOf(state.lab), 'route', 'del', state.destination]);
  },
};
