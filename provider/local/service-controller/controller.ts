import { setTimeout as wait } from 'node:timers/promises';
import { attempt, LOAD_NFT, run } from '../shared/command';
import type { Api, WatchEvent } from './api';
import { HealthChecks } from './health';
import { planWork, type Plan, type PlannedEvent } from './plan';
import { ensureRoutes } from './routes';
import { type Frontend, renderRules, type RulePlan, TABLE } from './rules';
import { balancedService, type BalancedService, type ServiceObject } from './services';

/** Settings of the controller. The kubeconfig is beside them, in another file. */
export interface ControllerSettings extends RulePlan {
  /** Addresses for services, lowest first. */
  pool: string[];
}

/** Milliseconds between two comparisons of the router with the plan, if nothing changes. */
const COMPARE = 10_000;
const RETRY = 1000;

/** Formats the nodes of a service, for the log. */
const describe = ({ title, address, ports, healthy }: Frontend): string =>
  `${title}: ${address} ${ports.map(({ protocol, port }) => `${protocol} ${port}`).join(', ')} to ${healthy.join(', ') || 'no node'}`;

/**
 * Gives services of type LoadBalancer their addresses, and programs the lab's router. It keeps no
 * own state: addresses are in the services, and connections in the router.
 */
export class ServiceController {
  private readonly services = new Map<string, ServiceObject>();
  private readonly health = new HealthChecks(() => this.change());
  private readonly recorded = new Set<string>();
  private readonly logged = new Map<string, string>();
  /** Whether something changed since the last round began. */
  private changed = false;
  /** Ends the pause between two rounds. */
  private wake: () => void = () => undefined;
  /** Rules as they were rendered, and as nft lists them since. */
  private applied = { rendered: '', listed: '' };

  constructor(
    private readonly api: Api,
    private readonly settings: ControllerSettings,
    /** Called after each complete round. */
    private readonly synced: () => void,
  ) {}

  /** Runs until the process ends. */
  async run(): Promise<never> {
    // Rules of an earlier process stay in force until the API has answered.
    await new Promise<void>((listed) => void this.follow(listed));
    for (;;) {
      this.changed = false;
      const done = await this.attempt('round', () => this.round());
      await this.pause(done ? COMPARE : RETRY);
    }
  }

  private change(): void {
    this.changed = true;
    this.wake();
  }

  /** Waits until something changes, or for `limit` milliseconds. */
  private async pause(limit: number): Promise<void> {
    if (this.changed) return;
    const stop = new AbortController();
    this.wake = () => stop.abort();
    await wait(limit, undefined, { signal: stop.signal }).catch(() => undefined);
  }

  /** Keeps `services` as the API has them. */
  private async follow(listed: () => void): Promise<never> {
    for (;;) {
      await this.attempt('API', async () => {
        const { version, services } = await this.api.list();
        this.services.clear();
        for (const service of services) this.services.set(service.metadata.uid, service);
        listed();
        this.change();
        await this.api.watch(version, (event) => this.apply(event));
      });
      await wait(RETRY);
    }
  }

  private apply({ type, object }: WatchEvent): void {
    if (type === 'ERROR' || type === 'BOOKMARK') return;
    if (type === 'DELETED') this.services.delete(object.metadata.uid);
    else this.services.set(object.metadata.uid, object);
    this.change();
  }

  /** Does work and logs its error. Returns whether it succeeded. */
  private async attempt(name: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.logged.delete(name);
      return true;
    } catch (error) {
      this.log(name, `${name}: ${(error as Error).message}`);
      return false;
    }
  }

  /** Prints a line unless it is the last one of its name. */
  private log(name: string, line: string): void {
    if (this.logged.get(name) === line) return;
    this.logged.set(name, line);
    process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  }

  private async round(): Promise<void> {
    const services = [...this.services.values()]
      .map(balancedService)
      .filter((service): service is BalancedService => service !== undefined);
    const isHealthy = this.health.isHealthy.bind(this.health);
    const inputs = { ...this.settings, isHealthy };
    // A new target has no health before its first probe. Without it, a restart would stop traffic.
    await this.health.watch(planWork(services, inputs).targets);
    const plan = planWork(services, inputs);
    await this.program(plan);
    for (const { service, address } of plan.statuses) await this.api.setAddress(service, address);
    for (const event of plan.events) await this.record(event);
    this.synced();
  }

  /** Writes routes and rules into the router if they differ from the plan. */
  private async program({ frontends }: Plan): Promise<void> {
    await ensureRoutes(this.settings.nodes);
    const rendered = renderRules(frontends, this.settings);
    const list = async (): Promise<string> =>
      (await attempt('nft', ['list', 'table', ...TABLE.split(' ')])).stdout;
    if (rendered === this.applied.rendered && (await list()) === this.applied.listed) return;
    await run('sh', ['-c', LOAD_NFT], { input: rendered });
    this.applied = { rendered, listed: await list() };
    for (const frontend of frontends) this.log(frontend.title, describe(frontend));
  }

  /** Records an event once in the life of this process. */
  private async record(event: PlannedEvent): Promise<void> {
    const key = `${event.service.uid} ${event.message}`;
    if (this.recorded.has(key)) return;
    await this.api.record(event);
    this.recorded.add(key);
  }
}
