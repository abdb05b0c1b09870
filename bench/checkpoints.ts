import { columns } from '../cli/ui/prompt';
import { BenchLab, timed } from './lab';
import { median } from './measures';

/** Seconds of one cycle. */
interface Cycle {
  save: number;
  restore: number;
}

const LABEL = 'bench';

/**
 * Saves a lab, breaks its cluster and its router, restores it and runs every check. Throws if a
 * command or a check fails.
 */
async function cycle(lab: BenchLab): Promise<Cycle> {
  const save = await timed(() => lab.save(LABEL));
  await lab.damage();
  const restore = await timed(() => lab.restore(LABEL));
  await lab.verify();
  return { save, restore };
}

function table(up: number, cycles: Cycle[]): string {
  const row = (title: string, values: number[]): string[] => [
    title,
    ...[Math.min(...values), median(values), Math.max(...values)].map((one) => one.toFixed(1)),
    (median(values) / up).toFixed(2),
  ];
  const rows = [
    row(
      'save',
      cycles.map(({ save }) => save),
    ),
    row(
      'restore',
      cycles.map(({ restore }) => restore),
    ),
  ];
  return [
    `${cycles.length} cycles, every check passed after each restore; up took ${up.toFixed(1)} s`,
    '',
    columns([['', 'least', 'median', 'most (s)', 'median : up'], ...rows]),
  ].join('\n');
}

/** Measures `count` cycles of save and restore on one lab, and returns a table. */
export async function checkpointCycles(
  count: number,
  say: (what: string) => void,
): Promise<string> {
  const lab = new BenchLab('local-bench-saved');
  const cycles: Cycle[] = [];
  try {
    say('up');
    const up = await timed(() => lab.up());
    for (let done = 0; done < count; done++) {
      say(`checkpoint cycle ${done + 1} of ${count}`);
      cycles.push(await cycle(lab));
    }
    return table(up, cycles);
  } finally {
    await lab.down();
  }
}
