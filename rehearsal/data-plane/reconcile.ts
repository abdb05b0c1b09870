import * as fs from 'node:fs';
import * as path from 'node:path';
import { run } from '../../provider/local/shared/command';
import { startDaemon, stopDaemon } from '../../provider/local/shared/daemon';
import { groupOf, makeGroup, removeGroups } from '../../provider/local/shared/cgroups';
import { labDirectory, namespacesOf, routerOf } from '../../provider/local/shared/names';
import { root } from '../../util/repo-root';
import { configuration, startBalancer, stopBalancer } from './balancer';
import { bootInstance, endInstance, type NodeParts } from './instance';
import { planNetwork, type NetworkPlan, type Port } from './network-plan';
import { attachPort, detachPort } from './ports';
import { checkedTargets, HealthChecks } from './health';
import { applyPlan, createRouter, leadTo, linkOf, removeRouter, type Link } from './router';
import { EMPTY, readWorld, type Vpc, type World } from './world';

export interface DataPlaneOptions {
  /** File that the emulated API writes. */
  world: string;
  /** JSON file of names outside the VPCs. */
  names: string;
  /** Address that this process's packets to nodes come from. */
  source: string;
  parts: NodeParts;
  log(line: string): void;
}

/** A VPC that has been made real. */
interface RealVpc {
  id: string;
  link: Link;
  /** Port by the part that it belongs to: an instance, a balancer, or an interface that nothing uses. */
  ports: Map<string, Port>;
  /** Configuration of each running balancer. */
  balancers: Map<string, string>;
  instances: Set<string>;
  /** Plan that was applied last, as text. */
  applied: string;
}

/** How often the world is looked at, in milliseconds. */
const INTERVAL = 100;

/** How often targets are asked for their health, in milliseconds: HAProxy's fastinter. */
const HEALTH_INTERVAL = 2000;

/** Follows the emulated API's state and makes it real on this host. */
export class DataPlane {
  private readonly vpcs = new Map<string, RealVpc>();
  private links = 0;
  private seen = '';
  private stopped = false;
  private work: Promise<unknown> = Promise.resolve();
  private readonly health = new HealthChecks();

  constructor(private readonly options: DataPlaneOptions) {}

  start(): void {
    this.work = Promise.all([this.follow(), this.askTargets()]);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      const stamp = this.stamp();
      if (stamp !== this.seen) {
        this.seen = stamp;
        await this.reconcile(readWorld(this.options.world)).catch((error: Error) => {
          this.options.log(`data plane: ${error.message}`);
          this.seen = '';
        });
      }
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
  }

  /** Asks the targets of balancers for their health, and applies what changes. */
  private async askTargets(): Promise<void> {
    while (!this.stopped) {
      await new Promise((resolve) => setTimeout(resolve, HEALTH_INTERVAL));
      const targets = checkedTargets(readWorld(this.options.world));
      if (await this.health.ask(targets)) this.seen = '';
    }
  }

  private stamp(): string {
    const stat = fs.statSync(this.options.world, { throwIfNoEntry: false });
    if (stat) return `${stat.ino} ${stat.mtimeMs}`;
    return '';
  }

  private async reconcile(world: World): Promise<void> {
    for (const real of this.vpcs.values())
      if (!world.vpcs.some(({ id }) => id === real.id)) await this.removeVpc(real);
    await Promise.all(world.vpcs.map((vpc) => this.reconcileVpc(vpc, world)));
  }

  private async reconcileVpc(vpc: Vpc, world: World): Promise<void> {
    const real = this.vpcs.get(vpc.id) ?? (await this.createVpc(vpc));
    const isHealthy = (key: string): boolean => this.health.isHealthy(key);
    const plan = planNetwork(world, vpc, real.link.outside, isHealthy);
    const wanted = this.partsOf(plan, world);
    for (const [part, port] of real.ports)
      if (wanted.get(part)?.interface !== port.interface) await this.removePart(real, part, port);
    const added = [...wanted].filter(([part]) => !real.ports.has(part));
    for (const [part, port] of added) {
      await attachPort(vpc.id, part, port);
      real.ports.set(part, port);
    }
    await this.applyNetwork(real, plan);
    await Promise.all([this.reconcileInstances(real, world), this.reconcileBalancers(real, world)]);
  }

  private partsOf(plan: NetworkPlan, world: World): Map<string, Port> {
    return new Map(
      plan.ports.map((port) => {
        const owners = [...world.instances, ...world.balancers];
        return [owners.find((one) => one.interface === port.interface)?.id ?? port.interface, port];
      }),
    );
  }

  private async applyNetwork(real: RealVpc, plan: NetworkPlan): Promise<void> {
    const text = JSON.stringify({
      ...plan,
      routes: [...plan.routes],
      tables: [...plan.tables],
      ipv6: [...plan.ipv6.routes, plan.ipv6.neighbours],
    });
    if (text === real.applied) return;
    await applyPlan(real.id, plan);
    await leadTo(real.link, plan.publicAddresses, this.options.source);
    real.applied = text;
  }

  private async reconcileInstances(real: RealVpc, world: World): Promise<void> {
    const wanted = world.instances.filter(
      ({ id, state }) => state === 'running' && real.ports.has(id),
    );
    const fresh = wanted.filter(({ id }) => !real.instances.has(id));
    await Promise.all(
      fresh.map(async ({ id }) => {
        this.options.log(`boots ${id}`);
        real.instances.add(id);
        await bootInstance(real.id, id, real.ports.get(id)!, this.options.parts);
      }),
    );
  }

  private async reconcileBalancers(real: RealVpc, world: World): Promise<void> {
    for (const balancer of world.balancers) {
      const port = real.ports.get(balancer.id);
      if (!port) continue;
      const text = configuration(balancer, port.privateIp, world);
      if (real.balancers.get(balancer.id) === text) continue;
      await startBalancer(real.id, balancer.id, text);
      real.balancers.set(balancer.id, text);
    }
  }

  private async createVpc(vpc: Vpc): Promise<RealVpc> {
    const link = linkOf(++this.links);
    makeGroup(groupOf(vpc.id));
    await createRouter(vpc.id, link);
    const real: RealVpc = {
      id: vpc.id,
      link,
      ports: new Map(),
      balancers: new Map(),
      instances: new Set(),
      applied: '',
    };
    this.vpcs.set(vpc.id, real);
    await applyPlan(vpc.id, planNetwork({ ...EMPTY, vpcs: [vpc] }, vpc, link.outside));
    this.startServices(vpc.id);
    return real;
  }

  private startServices(vpc: string): void {
    const place = (file: string): string => path.join(labDirectory(vpc), file);
    const { world, names } = this.options;
    const program = [path.join(root, 'bin/run.cjs'), 'rehearsal/data-plane/services.ts'];
    const args = ['netns', 'exec', routerOf(vpc), process.execPath, ...program, world, vpc, names];
    startDaemon(vpc, place('services.json'), place('services.log'), 'ip', args);
  }

  private async removePart(real: RealVpc, part: string, port: Port): Promise<void> {
    if (real.instances.delete(part)) {
      this.options.log(`ends ${part}`);
      await endInstance(real.id, part);
    }
    if (real.balancers.delete(part)) await stopBalancer(real.id, part);
    await detachPort(real.id, part, port.name);
    real.ports.delete(part);
  }

  private async removeVpc(real: RealVpc): Promise<void> {
    for (const [part, port] of real.ports) await this.removePart(real, part, port);
    await stopDaemon(path.join(labDirectory(real.id), 'services.json'));
    await removeRouter(real.id, real.link);
    for (const name of namespacesOf(real.id)) await run('ip', ['netns', 'del', name]);
    await removeGroups(real.id);
    fs.rmSync(labDirectory(real.id), { recursive: true, force: true });
    this.vpcs.delete(real.id);
  }
}
