import type { Pod } from './cluster';

/** Names of the places that are no nodes and no pods. */
export const ROUTER = 'VPC router';
export const LAPTOP = 'laptop';

/** Returns the name of a pod's place: `pod default/nginx`. */
export const podPlace = ({ namespace, name }: Pick<Pod, 'namespace' | 'name'>): string =>
  `pod ${namespace}/${name}`;
