export { parseCluster, type Cluster } from './cluster';
export { parseSource, parseTarget, WalkMistake, type Named } from './endpoints';
export { WalkFailure } from './failure';
export { PROTOCOLS, type Protocol } from './packet';
export { encodePcapng } from './pcapng';
export { renderEnding, renderWalk } from './render';
export { walk } from './walk';
export type { WalkReport } from './report';
