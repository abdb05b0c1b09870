import type { LabConfig } from '../../components/config';
import type { LabOutputs } from '../../components/outputs';
import { STAGES } from '../../components/config/stage';
import { usage } from '../errors';
import { labArgument, type Lab } from '../lab/name';

type Wanted = Pick<LabConfig, 'controllers' | 'workers' | 'stage'>;

function madeWith({ topology, stage }: Pick<LabOutputs, 'topology' | 'stage'>): Wanted {
  const count = (role: string): number =>
    topology.nodes.filter((node) => node.role === role).length;
  return { controllers: count('controller'), workers: count('worker'), stage };
}

/**
 * Refuses what a lab that is up can't be changed to, every mistake at once: nothing takes a member out of etcd, a node
 * out of the API, or a machine's services away again. Call it before anything is written.
 */
export function refuseLowering(
  lab: Lab,
  wanted: Wanted,
  outputs: Pick<LabOutputs, 'topology' | 'stage'>,
): void {
  const made = madeWith(outputs);
  const mistakes: string[] = [];
  const mistake = (key: keyof Wanted, why: string): void =>
    void mistakes.push(`${key}: ${wanted[key]} asked for, and it has ${made[key]}: ${why}`);
  if (wanted.controllers !== made.controllers)
    mistake('controllers', "the members of a lab's etcd are settled when it is made");
  if (wanted.workers < made.workers)
    mistake('workers', 'they can only become more, as a worker that goes stays a node in the API');
  if (STAGES.indexOf(wanted.stage) < STAGES.indexOf(made.stage))
    mistake('stage', 'it can only go further, as no step is ever undone');
  if (mistakes.length === 0) return;
  const name = labArgument(lab);
  throw usage(
    `Lab ${lab.stack} is up and can't be changed to this; nothing was done:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
    `./lab down${name}, then the same command again`,
  );
}
