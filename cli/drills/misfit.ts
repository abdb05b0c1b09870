import { reaches } from '../../components/config';
import type { LabOutputs } from '../../components/outputs';
import { ifPresent, listOf } from '../../util/optional';
import type { Drill } from './drill';

/** Why a drill does not fit a lab. */
export interface Misfit {
  /** For example `it needs 2 workers, and the lab has 1`. */
  text: string;
  /** Config key and value with which the drill fits. `undefined` if no value helps. */
  setting?: { key: string; value: string };
}

/** Returns why a drill does not fit a lab; `undefined` if it fits. */
export function misfitOf(
  drill: Drill,
  { stage, topology }: Pick<LabOutputs, 'stage' | 'topology'>,
): Misfit | undefined {
  if (!reaches(stage, drill.stage))
    return {
      text: `it needs the stage ${drill.stage}, and the lab's stage is ${stage}`,
      setting: { key: 'stage', value: drill.stage },
    };
  const workers = topology.nodes.filter(({ role }) => role === 'worker').length;
  if (workers < drill.workers)
    return {
      text: `it needs ${drill.workers} workers, and the lab has ${workers}`,
      setting: { key: 'workers', value: String(drill.workers) },
    };
  const names = [...topology.nodes.map(({ name }) => name), 'router'];
  const scripts = [drill.break, drill.solve, ...listOf(drill.wrong)];
  const missing = scripts.flatMap(({ places }) => places).find((place) => !names.includes(place));
  return ifPresent(missing, (place) => ({ text: `the lab has no ${place}` }));
}
