import * as http from 'node:http';

/** Port and path where kube-proxy says whether a node can take traffic of any service. */
export const NODE_PORT = 10256;
const PATH = '/healthz';

/** Milliseconds between two probes of one target. */
const INTERVAL = 2000;
const TIMEOUT = 2000;
/** Probes without an answer in a row that make a node unhealthy. It has failed within 7 s then. */
const MISSED = 2;

/** Place that is probed: kube-proxy on one node. */
export interface HealthTarget {
  address: string;
  port: number;
}

/** Result of one probe. */
export type Answer = 'ready' | 'refused' | 'silent';

/** Health of a target. A new target is unhealthy until its first probe. */
export interface Health {
  healthy: boolean;
  /** Probes in a row that got no answer. */
  missed: number;
}

export const UNKNOWN: Health = { healthy: false, missed: 0 };

/**
 * Returns the health after a probe. An answer counts at once. One lost answer does not, because a
 * busy node may be late. Pure.
 */
export function afterProbe({ healthy, missed }: Health, answer: Answer): Health {
  if (answer !== 'silent') return { healthy: answer === 'ready', missed: 0 };
  return { healthy: healthy && missed + 1 < MISSED, missed: missed + 1 };
}

/** Asks kube-proxy on a node. Never rejects. */
export function probe({ address, port }: HealthTarget): Promise<Answer> {
  return new Promise((resolve) => {
    // A new connection each time: an old one would not notice that new ones fail.
    const options = { host: address, port, path: PATH, agent: false, timeout: TIMEOUT };
    const request = http.get(options, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200 ? 'ready' : 'refused'));
      response.on('error', () => resolve('silent'));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'silent'),
    );
  });
}

const keyOf = ({ address, port }: HealthTarget): string => `${address}:${port}`;

/** Target with its health and the timer of its next probe. */
interface Watched {
  target: HealthTarget;
  health: Health;
  timer?: NodeJS.Timeout;
}

/** Probes targets in turn, and calls `changed` when the health of one changes. */
export class HealthChecks {
  private readonly watched = new Map<string, Watched>();

  constructor(private readonly changed: () => void) {}

  isHealthy(target: HealthTarget): boolean {
    return this.watched.get(keyOf(target))?.health.healthy ?? false;
  }

  /**
   * Starts to probe new targets, and stops to probe targets that are not named. Returns after the
   * first probe of each new target, at most two seconds later.
   */
  async watch(targets: HealthTarget[]): Promise<void> {
    const wanted = new Map(targets.map((target) => [keyOf(target), target]));
    for (const [key, { timer }] of [...this.watched]) {
      if (wanted.has(key)) continue;
      clearTimeout(timer);
      this.watched.delete(key);
    }
    const added = [...wanted].filter(([key]) => !this.watched.has(key));
    const probes = added.map(([key, target]) => {
      const one: Watched = { target, health: UNKNOWN };
      this.watched.set(key, one);
      return this.check(one);
    });
    await Promise.all(probes);
  }

  private async check(one: Watched): Promise<void> {
    const started = Date.now();
    const answer = await probe(one.target);
    if (this.watched.get(keyOf(one.target)) !== one) return;
    const before = one.health;
    one.health = afterProbe(before, answer);
    const pause = Math.max(0, started + INTERVAL - Date.now());
    one.timer = setTimeout(() => void this.check(one), pause);
    if (one.health.healthy !== before.healthy) this.changed();
  }
}
