import * as path from 'node:path';
import type { Access } from '../checks';
import { kubectl } from '../checks/lab';
import { manifest } from '../checks/probes/pod-manifest';
import { findLab, withAccess, type UpLab } from '../cli/lab/access';
import { Engine } from '../cli/engine';
import { unable } from '../cli/errors';
import { parseLab } from '../cli/lab/name';
import { installed } from '../cli/actions/ensure-toolchain';
import type { Node } from '../components/topology';
import { root } from '../util/repo-root';
import { succeed } from './succeed';

/** Time limit of a command: longer than any command takes on a busy host. */
const SECONDS = 300;

/** Runs `work` and returns the seconds that it took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Lab of the benchmark, controlled through `./lab` like a user's lab. */
export class BenchLab {
  constructor(readonly name: string) {}

  private lab(...words: string[]): Promise<string> {
    return succeed(path.join(root, 'lab'), words, { seconds: SECONDS });
  }

  up = (...options: string[]): Promise<string> => this.lab('up', this.name, '--yes', ...options);
  verify = (): Promise<string> => this.lab('verify', this.name);
  down = (): Promise<string> => this.lab('down', this.name, '--yes');

  save = (label: string): Promise<string> => this.lab('save', this.name, label, '--yes');
  restore = (label: string): Promise<string> => this.lab('restore', this.name, label, '--yes');

  /** Deletes CoreDNS and a route of the VPC, so that checks fail. */
  async damage(): Promise<void> {
    await this.inside(async (access) => {
      const coreDns = ['delete', 'deployment', 'coredns', '--namespace=kube-system'];
      await kubectl({ access }, coreDns);
      const [route] = access.outputs.topology.routes;
      const router = ['netns', 'exec', access.outputs.router!];
      const words = [...router, 'ip', 'route', 'del', route.destination];
      await succeed('ip', words, { seconds: 10 });
    });
  }

  /** Recreates the lab and returns the seconds without the checks at the end. */
  async recreate(): Promise<number> {
    let printed = '';
    const whole = await timed(
      async () => (printed = await this.lab('recreate', this.name, '--yes')),
    );
    const checks = /^ok +Checks \(([\d.]+) s\)$/m.exec(printed)?.[1];
    if (checks === undefined)
      throw new Error(`recreate printed no time of its checks: ${printed.trim().slice(-500)}`);
    return whole - Number(checks);
  }

  /** Reads the lab from the state. Throws if the lab is not up. */
  async found(): Promise<UpLab> {
    const up = await findLab(await Engine.open(await installed()), parseLab(this.name));
    if (!up) throw unable(`Lab ${this.name} is not up.`);
    return up;
  }

  /** Runs `work` with access to the lab. */
  async inside<T>(work: (access: Access) => Promise<T>): Promise<T> {
    return withAccess(await this.found(), (await installed()).kubectl, work);
  }
}

/** Namespace of the benchmark's pods. */
export const NAMESPACE = 'hardway-bench';

/**
 * Returns the pods that the floor has, too: busybox on each worker, one nginx behind a NodePort.
 */
function testPods(workers: string[]): object {
  const web = workers[1] ?? workers[0];
  const omitted = new Set(
    workers.filter((worker) => worker !== web).map((worker) => `nginx-${worker}`),
  );
  const all = manifest({ namespace: NAMESPACE, workers, ready: workers, nodePortWorker: web }) as {
    items: { metadata: { name: string } }[];
  };
  return { ...all, items: all.items.filter(({ metadata }) => !omitted.has(metadata.name)) };
}

type Kubectl = Pick<Access, 'kubectl'>;

const workersOf = (nodes: Node[]): string[] =>
  nodes.filter(({ role }) => role === 'worker').map(({ name }) => name);

/** Creates the test pods and waits until all are Ready. */
export async function startPods(access: Kubectl, nodes: Node[]): Promise<void> {
  await kubectl(
    { access: access as Access },
    ['create', `--namespace=${NAMESPACE}`, '-f', '-'],
    JSON.stringify(testPods(workersOf(nodes))),
  );
  await kubectl({ access: access as Access }, [
    'wait',
    'pods',
    '--all',
    `--namespace=${NAMESPACE}`,
    '--for=condition=Ready',
    '--timeout=55s',
  ]);
}

/** Deletes the test pods and waits until they no longer exist. */
export async function removePods(access: Kubectl): Promise<void> {
  await kubectl({ access: access as Access }, ['delete', 'namespace', NAMESPACE, '--timeout=55s']);
}
