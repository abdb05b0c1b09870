import { publicCidr, slotOf } from '../../provider/local';
import type { Access } from '../../checks';
import type { Toolchain, Tools } from '../../toolchain';
import {
  parseCluster,
  parseSource,
  parseTarget,
  walk,
  WalkMistake,
  type Cluster,
  type Named,
  type Protocol,
} from '../../walk';
import { unable, usage } from '../errors';
import { withAccess, type UpLab } from '../lab/access';

/** Words and options of a walk. */
export interface WalkWords {
  from: string;
  to: string;
  protocol?: Protocol;
  port?: number;
}

/** Programs of a walk. `tree`: only on hosts with the programs of local labs. */
export type WalkTools = Pick<Tools, 'kubectl'> & Partial<Pick<Toolchain, 'tree'>>;

/** Reads the pods and services of a lab; none at a stage without Kubernetes, or if the API is down. */
async function readCluster({ outputs }: UpLab, access: Access): Promise<Cluster> {
  if (!outputs.kubeconfig) return { pods: [], services: [] };
  const words = ['get', 'pods,services', '-A', '-o', 'json', '--request-timeout=5s'];
  const ran = await access.kubectl(words);
  if (ran.code === 0) return parseCluster(ran.stdout);
  throw unable(
    `The lab's API does not list its pods: ${ran.stderr.trim().split('\n')[0]}`,
    './lab status shows what is wrong',
  );
}

/** Returns the networks that the laptop reaches: the lab's public /24, or its nodes' addresses. */
function publicCidrs({ outputs }: UpLab): string[] {
  const { lab, cloud, nodes } = outputs;
  if (cloud !== 'local')
    return nodes.flatMap(({ publicIp }) => (publicIp === '' ? [] : [`${publicIp}/32`]));
  const slot = slotOf(lab);
  if (!slot) throw unable(`Lab ${lab} has no network on this host.`, './lab status');
  return [publicCidr(slot.pool, slot.slot)];
}

/** Walks through a lab that is up. Throws a usage Failure for words that name nothing in the lab. */
export async function walkLab(
  up: UpLab,
  { kubectl, tree }: WalkTools,
  { from, to, ...options }: WalkWords,
): ReturnType<typeof walk> {
  const { outputs } = up;
  const reachable = publicCidrs(up);
  return withAccess(up, kubectl, async (access) => {
    const cluster = await readCluster(up, access);
    const named: Named = { nodes: outputs.nodes, cluster, publicCidrs: reachable };
    const start = (node: string, words: string[]) => access.start(node, words);
    try {
      const source = parseSource(from, named);
      const target = parseTarget(to, { source, named, options });
      return await walk({ outputs, cluster, source, target, to, tree, start });
    } catch (error) {
      if (error instanceof WalkMistake) throw usage(error.message, error.cure);
      throw error;
    }
  });
}
