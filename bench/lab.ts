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

/** Longer than anything takes on a machine that has other work too. */
const SECONDS = 300;

/** Seconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** A lab of the bench's own, brought up and down by the command as anybody would. */
export class BenchLab {
  constructor(readonly name: string) {}

  private lab(...words: string[]): Promise<string> {
    return succeed(path.join(root, 'lab'), words, { seconds: SECONDS });
  }

  up = (...options: string[]): Promise<string> => this.lab('up', this.name, '--yes', ...options);
  verify = (): Promise<string> => this.lab('verify', this.name);
  down = (): Promise<string> => this.lab('down', this.name, '--yes');

  /** Seconds until the lab is another one; the checks that it ends with are another row's. */
  async recreate(): Promise<number> {
    let printed = '';
    const whole = await timed(
      async () => (printed = await this.lab('recreate', this.name, '--yes')),
    );
    const checks = /^ok +Checks \(([\d.]+) s\)$/m.exec(printed)?.[1];
    if (checks === undefined)
      throw new Error(`recreate printed nothing of its checks, but: ${printed.trim().slice(-500)}`);
    return whole - Number(checks);
  }

  /** What the state says of the lab, which must be up. */
  async found(): Promise<UpLab> {
    const up = await findLab(await Engine.open(await installed()), parseLab(this.name));
    if (!up) throw unable(`Lab ${this.name} is not up.`);
    return up;
  }

  /** Ways in to the lab for the time of `work`. */
  async inside<T>(work: (access: Access) => Promise<T>): Promise<T> {
    return withAccess(await this.found(), (await installed()).kubectl, work);
  }
}

/** The namespace that the bench's pods live in, and nothing else. */
export const NAMESPACE = 'hardway-bench';

/** As many pods as the floor has: a busybox a worker and one nginx, which a NodePort leads to. */
function testPods(workers: string[]): object {
  const web = workers[1] ?? workers[0];
  const left = new Set(
    workers.filter((worker) => worker !== web).map((worker) => `nginx-${worker}`),
  );
  const all = manifest({ namespace: NAMESPACE, workers, sound: workers, nodePortWorker: web }) as {
    items: { metadata: { name: string } }[];
  };
  return { ...all, items: all.items.filter(({ metadata }) => !left.has(metadata.name)) };
}

type Kubectl = Pick<Access, 'kubectl'>;

const workersOf = (nodes: Node[]): string[] =>
  nodes.filter(({ role }) => role === 'worker').map(({ name }) => name);

/** Makes the test pods; returns when all are Ready. */
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

/** Removes the test pods; returns when they are gone. */
export async function removePods(access: Kubectl): Promise<void> {
  await kubectl({ access: access as Access }, ['delete', 'namespace', NAMESPACE, '--timeout=55s']);
}
