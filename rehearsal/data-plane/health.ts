import { attemptIn } from '../../provider/local/shared/command';
import { namespaceOf } from '../../provider/local/shared/names';
import type { Balancer, Targets, World } from './world';

/** A target of a balancer that preserves client addresses. */
export interface Target {
  /** `BALANCER LISTENER INSTANCE`, for example `b1 80 i-1`. */
  key: string;
  vpc: string;
  balancer: string;
  /** Address that the balancer asks for the health of the target. */
  url: string;
  health: Targets['health'];
}

/** Names a target in the plan of the network and in the results of the checks. */
export const targetKey = (balancer: Balancer, port: number, instance: string): string =>
  `${balancer.id} ${port} ${instance}`;

/** Lists the targets of balancers that preserve client addresses. HAProxy checks all others. */
export function checkedTargets(world: World): Target[] {
  const interfaceOf = (id: string) => world.interfaces.find((one) => one.id === id);
  return world.balancers.flatMap((balancer) =>
    balancer.listeners.flatMap(({ port, targets }) => {
      if (!targets?.preserveClientIp) return [];
      const { health } = targets;
      return targets.instances.flatMap(({ id, port: own }) => {
        const instance = world.instances.find((one) => one.id === id);
        const found = instance && interfaceOf(instance.interface);
        if (!found) return [];
        const asked = health.port.replace('traffic-port', String(own));
        return {
          key: targetKey(balancer, port, id),
          vpc: found.vpc,
          balancer: balancer.id,
          url: `${health.protocol.toLowerCase()}://${found.privateIp}:${asked}${health.path ?? '/'}`,
          health,
        };
      });
    }),
  );
}

interface Result {
  isHealthy: boolean;
  /** Number of answers in a row that contradict `isHealthy`. */
  against: number;
}

/** Counts one answer. A target changes after as many contrary answers as its thresholds say. */
export function counted(
  { isHealthy, against }: Result,
  isGood: boolean,
  { healthy, unhealthy }: Targets['health'],
): Result {
  if (isGood === isHealthy) return { isHealthy, against: 0 };
  const limits = new Map([
    [true, unhealthy],
    [false, healthy],
  ]);
  if (against + 1 < limits.get(isHealthy)!) return { isHealthy, against: against + 1 };
  return { isHealthy: isGood, against: 0 };
}

/** Asks targets for their health from their balancer, as often as HAProxy does after a change. */
export class HealthChecks {
  private readonly results = new Map<string, Result>();

  isHealthy(key: string): boolean {
    return this.results.get(key)?.isHealthy ?? false;
  }

  /** Asks each target once; returns true if one became healthy or unhealthy. */
  async ask(targets: Target[]): Promise<boolean> {
    const known = new Set(targets.map(({ key }) => key));
    for (const key of this.results.keys()) if (!known.has(key)) this.results.delete(key);
    const changes = await Promise.all(
      targets.map(async (target) => {
        const before = this.results.get(target.key) ?? { isHealthy: false, against: 0 };
        const after = counted(before, await answers(target), target.health);
        this.results.set(target.key, after);
        return after.isHealthy !== before.isHealthy;
      }),
    );
    return changes.includes(true);
  }
}

/** Returns whether a target answers its balancer with 200 in time. */
async function answers({ vpc, balancer, url, health }: Target): Promise<boolean> {
  const { stdout } = await attemptIn(namespaceOf(vpc, balancer), 'curl', [
    ...['--silent', '--insecure', '--max-time', String(health.timeout)],
    ...['--output', '/dev/null', '--write-out', '%{http_code}', url],
  ]);
  return stdout.trim() === '200';
}
