/** How far bootstrap goes: reachable nodes; the article's node level; the DNS add-on too. */
export const STAGES = ['none', 'network', 'cluster'] as const;
export type Stage = (typeof STAGES)[number];

/** Whether a lab at `stage` has what `wanted` makes. */
export function reaches(stage: Stage, wanted: Stage): boolean {
  return STAGES.indexOf(stage) >= STAGES.indexOf(wanted);
}
