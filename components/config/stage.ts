/** Stages of bootstrap: `none` has reachable nodes, `network` the article's nodes, `cluster` also DNS. */
export const STAGES = ['none', 'network', 'cluster'] as const;
export type Stage = (typeof STAGES)[number];

/** Returns whether a lab at `stage` includes the stage `wanted`. */
export function reaches(stage: Stage, wanted: Stage): boolean {
  return STAGES.indexOf(stage) >= STAGES.indexOf(wanted);
}
