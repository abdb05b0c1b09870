import { publicCidr, slotOf } from '../../provider/local';
import type { Toolchain } from '../../toolchain';
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

/** Reads the pods and services of a lab; none at a stage without Kubernetes, or if the API is down. */
async function readCluster(up: UpLab, kubectl: string): Promise<Cluster> {
  const none: Cluster = { pods: [], services: [] };
  if (!up.outputs.kubeconfig) return none;
  const words = ['get', 'pods,services', '-A', '-o', 'json', '--request-timeout=5s'];
  const ran = await withAccess(up, kubectl, (access) => access.kubectl(words));
  if (ran.code === 0) return parseCluster(ran.stdout);
  throw unable(
    `The lab's API does not list its pods: ${ran.stderr.trim().split('\n')[0]}`,
    './lab status shows what is wrong',
  );
}

/** Walks through a lab that is up. Throws a usage Failure for words that name nothing in the lab. */
export async function walkLab(
  up: UpLab,
  { kubectl, tree }: Toolchain,
  { from, to, ...options }: WalkWords,
): ReturnType<typeof walk> {
  const { outputs } = up;
  const slot = slotOf(outputs.lab);
  if (!slot) throw unable(`Lab ${outputs.lab} has no network on this host.`, './lab status');
  const cluster = await readCluster(up, kubectl);
  const named: Named = {
    nodes: outputs.nodes,
    cluster,
    publicCidr: publicCidr(slot.pool, slot.slot),
  };
  try {
    const source = parseSource(from, named);
    const target = parseTarget(to, { source, named, options });
    return await walk({ outputs, cluster, source, target, to, tree });
  } catch (error) {
    if (error instanceof WalkMistake) throw usage(error.message, error.cure);
    throw error;
  }
}
