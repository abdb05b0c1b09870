import type { LabOutputs } from '../components/outputs';
import { hostLink, slotOf } from '../provider/local/shared/slots';
import { namespaceOf } from '../provider/local/shared/names';
import { openTap, type Seen } from './taps/tap';
import { createProbe, sendProbe, type ProbeResult } from './taps/probe';
import { podNamespaces, readPlace, type Place } from './taps/namespaces';
import type { Cluster, Pod } from './cluster';
import type { Source, Target } from './endpoints';

/** Names of the places that are no nodes. */
export const ROUTER = 'VPC router';
export const LAPTOP = 'laptop';
export const podPlace = ({ namespace, name }: Pick<Pod, 'namespace' | 'name'>): string =>
  `pod ${namespace}/${name}`;

const pathOf = (namespace: string): string => `/run/netns/${namespace}`;

/** Finds the places of a lab's pods. Pods that ended meanwhile are left out. */
function podPlaces(lab: string, pods: Pod[]): Omit<Place, 'interfaces'>[] {
  const nodes = [...new Set(pods.map(({ node }) => node))];
  return nodes.flatMap((node) => {
    const own = pods.filter((pod) => pod.node === node);
    const found = podNamespaces(lab, node, own.map(({ ip }) => ip));
    return own.flatMap((pod) => {
      const namespace = found.get(pod.ip);
      return namespace === undefined ? [] : [{ name: podPlace(pod), namespace }];
    });
  });
}

/** Returns every place where the probe can come by: the lab's nodes and router, pods, the laptop. */
export async function placesOf(
  { lab, topology }: Pick<LabOutputs, 'lab' | 'topology'>,
  { cluster, source }: { cluster: Cluster; source: Source },
): Promise<Place[]> {
  const slot = slotOf(lab);
  const places = [
    ...podPlaces(lab, cluster.pods),
    ...topology.nodes.map(({ name }) => ({ name, namespace: pathOf(namespaceOf(lab, name)) })),
    { name: ROUTER, namespace: pathOf(namespaceOf(lab, 'router')) },
    ...(source.kind === 'laptop' && slot
      ? [{ name: LAPTOP, namespace: undefined, only: hostLink(slot.slot) }]
      : []),
  ];
  return Promise.all(places.map(readPlace));
}
