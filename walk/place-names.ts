import type { Pod } from './cluster';

/** Names of the places that are no nodes and no pods. */
export const ROUTER = 'VPC router';
export const LAPTOP = 'laptop';
/** Place of a packet that has left a cloud lab. */
export const INTERNET = 'internet';

/** Name by which a walk shows the source/destination check of a cloud's interface. */
export const SOURCE_CHECK = 'source/destination check';

/** Returns the name of a pod's place: `pod default/nginx`. */
export const podPlace = ({ namespace, name }: Pick<Pod, 'namespace' | 'name'>): string =>
  `pod ${namespace}/${name}`;
