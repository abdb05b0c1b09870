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

/** Probes targets in turn, and calls `changed` when the health of one changes. */
export class HealthChecks {
  private readonly known = new Map<string, Health>();
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly changed: () => void) {}

  isHealthy(target: HealthTarget): boolean {
    return (this.known.get(keyOf(target)) ?? UNKNOWN).healthy;
  }

  /** Starts to probe new targets at once, and stops to probe targets that are not named. */
  watch(targets: HealthTarget[]): void {
    const wanted = new Map(targets.map((target) => [keyOf(target), target]));
    for (const key of [...this.known.keys()]) if (!wanted.has(key)) this.forget(key);
    for (const [key, target] of wanted) {
      if (this.known.has(key)) continue;
      this.known.set(key, UNKNOWN);
      void this.check(key, target);
    }
  }

  private forget(key: string): void {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    this.known.delete(key);
  }

  private async check(key: string, target: HealthTarget): Promise<void> {
    const started = Date.now();
    const answer = await probe(target);
    const before = this.known.get(key);
    if (!before) return;
    const after = afterProbe(before, answer);
    this.known.set(key, after);
    const pause = Math.max(0, started + INTERVAL - Date.now());
    this.timers.set(
      key,
      setTimeout(() => void this.check(key, target), pause),
    );
    if (after.healthy !== before.healthy) this.changed();
  }
}
