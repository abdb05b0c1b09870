import { type BalancedService, titleOf } from './services';

/** Addresses of services by uid, and why a service has none. */
export interface Assignment {
  addresses: Map<string, string>;
  problems: Map<string, string>;
}

const byAge = (one: BalancedService, other: BalancedService): number =>
  one.created.localeCompare(other.created) || titleOf(one).localeCompare(titleOf(other));

/**
 * Gives each service an address of the pool. A service keeps the address in its status, so the
 * cluster itself is the record of all addresses, and a restart changes none. Then come services
 * that ask for an address, then the others, which get the lowest free ones. The older service wins.
 */
export function assignAddresses(services: BalancedService[], pool: string[]): Assignment {
  const addresses = new Map<string, string>();
  const problems = new Map<string, string>();
  const taken = new Set<string>();
  const give = ({ uid }: BalancedService, address: string): void => {
    addresses.set(uid, address);
    taken.add(address);
  };
  const servable = services.filter(({ problem }) => problem === undefined).sort(byAge);
  for (const { uid, problem } of services) if (problem) problems.set(uid, problem);

  for (const service of servable) {
    const { holds, requested = holds } = service;
    if (holds && holds === requested && pool.includes(holds) && !taken.has(holds))
      give(service, holds);
  }
  const waiting = servable.filter(({ uid }) => !addresses.has(uid));
  for (const service of waiting.filter(({ requested }) => requested)) {
    const address = service.requested!;
    if (!pool.includes(address))
      problems.set(
        service.uid,
        `loadBalancerIP ${address} is not one of the lab's ${pool[0]} to ${pool.at(-1)}`,
      );
    else if (taken.has(address))
      problems.set(service.uid, `loadBalancerIP ${address} belongs to another service`);
    else give(service, address);
  }
  for (const service of waiting.filter(({ requested }) => !requested)) {
    const free = pool.find((address) => !taken.has(address));
    if (free) give(service, free);
    else
      problems.set(
        service.uid,
        `all ${pool.length} addresses from ${pool[0]} to ${pool.at(-1)} are taken: delete a service of type LoadBalancer`,
      );
  }
  return { addresses, problems };
}
