import { shared, type as typeOn, type Lab } from './lab';
import { parseInodes, type Link } from './listings';
import type { TestPod } from './testpods';

/** A test pod as its node shows it: the namespace that holds its address, and the two ends of its veth. */
export interface PodView {
  pod: TestPod;
  /** `cni-…`, in /var/run/netns. */
  namespace: string;
  inode: number;
  /** The interface number of its eth0's other end. */
  peer: number;
}

interface Addresses extends Link {
  addr_info: { local: string }[];
}

/**
 * Finds a pod's namespace by its address, asking neither containerd nor lsns: so that a check of one of them doesn't
 * hang on the other.
 */
export async function viewPod(lab: Lab, pod: TestPod): Promise<PodView> {
  const [inodes, addresses] = await typeOn(lab, pod.node, [
    'ls -1i /var/run/netns',
    'for n in $(ls /var/run/netns); do echo "$n $(sudo ip -n "$n" -j address show eth0 2> /dev/null)"; done',
  ]);
  for (const line of addresses.split('\n')) {
    const match = /^(\S+) (\[.*\])$/.exec(line);
    if (!match) continue;
    const eth0 = (JSON.parse(match[2]) as Addresses[]).find((link) => link.addr_info?.some(({ local }) => local === pod.ip));
    const inode = parseInodes(inodes).find(({ name }) => name === match[1])?.inode;
    if (eth0 && inode !== undefined) return { pod, namespace: match[1], inode, peer: eth0.link_index ?? 0 };
  }
  throw new Error(`no namespace in /var/run/netns on ${pod.node} holds ${pod.ip}, the address of ${pod.name}: look at containerd there`);
}

/** The article's nginx on worker-0, and the busybox beside it. */
export const firstPods = shared(async (lab: Lab): Promise<{ nginx: PodView; busybox: PodView }> => {
  const worker = lab.workers[0].name;
  const pods = await Promise.all([lab.pods.nginx(worker), lab.pods.busybox(worker)]);
  const [nginx, busybox] = await Promise.all(pods.map((pod) => viewPod(lab, pod)));
  return { nginx, busybox };
});
