import { shared, type as typeOn, type LabUnderTest } from '../lab';
import { parseInodes, type Link } from '../parsers/listings';
import type { TestPod } from './test-pods';

/** Test pod as seen on its node: the network namespace that has its address, and the two ends of its veth. */
export interface PodView {
  pod: TestPod;
  /** Name in /var/run/netns: `cni-…`. */
  namespace: string;
  inode: number;
  /** Interface number of the other end of the pod's eth0. */
  peer: number;
}

interface Addresses extends Link {
  addr_info: { local: string }[];
}

/** Namespace in /var/run/netns with an eth0: its address, and the interface number of its other end. */
export interface NamespaceEnd {
  namespace: string;
  ip: string;
  peer: number;
}

/** Bash command that lists every namespace's eth0. */
export const LIST_ENDS =
  'for n in $(ls /var/run/netns); do echo "$n $(sudo ip -n "$n" -j -4 address show eth0 2> /dev/null)"; done';

/** Parses the output of LIST_ENDS, without namespaces that have no eth0. */
export function parseEnds(text: string): NamespaceEnd[] {
  return text.split('\n').flatMap((line) => {
    const [, namespace, json] = /^(\S+) (\[.*\])$/.exec(line) ?? [];
    if (namespace === undefined) return [];
    const eth0 = (JSON.parse(json) as Addresses[]).find((link) => link.addr_info?.length > 0);
    if (!eth0) return [];
    return { namespace, ip: eth0.addr_info[0].local, peer: eth0.link_index ?? 0 };
  });
}

/**
 * Finds a pod's namespace by its address. Uses neither containerd nor lsns, so that a check of one does not depend
 * on the other.
 */
export async function viewPod(lab: LabUnderTest, pod: TestPod): Promise<PodView> {
  const [inodes, ends] = await typeOn(lab, pod.node, ['ls -1i /var/run/netns', LIST_ENDS]);
  const end = parseEnds(ends).find(({ ip }) => ip === pod.ip);
  const inode = parseInodes(inodes).find(({ name }) => name === end?.namespace)?.inode;
  if (end && inode !== undefined) return { pod, namespace: end.namespace, inode, peer: end.peer };
  throw new Error(
    `no namespace in /var/run/netns on ${pod.node} holds ${pod.ip}, the address of ${pod.name}: look at containerd there`,
  );
}

/** Finds the namespaces of the article's nginx on worker-0 and of the busybox on the same worker. */
export const firstPods = shared(
  async (lab: LabUnderTest): Promise<{ nginx: PodView; busybox: PodView }> => {
    const worker = lab.workers[0].name;
    const pods = await Promise.all([lab.pods.nginx(worker), lab.pods.busybox(worker)]);
    const [nginx, busybox] = await Promise.all(pods.map((pod) => viewPod(lab, pod)));
    return { nginx, busybox };
  },
);
