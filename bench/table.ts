import * as os from 'node:os';
import { columns } from '../cli/ui/prompt';
import { listOf } from '../util/optional';
import { counted } from '../util/plural';
import type { Result } from './measures';
import type { Bench } from './rounds';
import type { ByProgram } from './usage';
import { sum } from '../util/sum';

/** Returns the properties of the host that the figures depend on. */
const hostProperties = (): { cores: number; kernel: string; load: number } => ({
  cores: os.cpus().length,
  kernel: os.release(),
  load: os.loadavg()[0],
});

/** Formats a value with three significant figures. */
function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

function verdict({ met }: Result): string {
  if (met === undefined) return '';
  if (met) return 'met';
  return 'MISSED';
}

const row = (result: Result): string[] => [
  result.title,
  figure(result.least),
  figure(result.median),
  result.unit,
  result.target,
  verdict(result),
];

/** Formats the usage of the 12 largest programs and the sum of the rest. */
function users(title: string, unit: string, amounts: ByProgram): string {
  const shown = amounts.slice(0, 12);
  const rest = sum(amounts.slice(12).map(([, amount]) => amount));
  const words = [...shown, ['the rest', rest] as const].map(
    ([program, amount]) => `${program} ${figure(amount)}`,
  );
  return `${title}, in ${unit}, last round: ${words.join(', ')}`;
}

/** Formats the results as a table. */
export function asText(
  { measures, programs }: Pick<Bench, 'measures' | 'programs'>,
  rounds: number,
): string {
  const results = measures.results();
  const { cores, kernel, load } = hostProperties();
  const missed = results.filter(({ met }) => met === false);
  return [
    `${counted(rounds, 'round')} on ${cores} cores, kernel ${kernel}; load at the end ${figure(load)}`,
    '',
    columns([['', 'least', 'median', 'unit', 'target (of the median)', ''], ...results.map(row)]),
    '',
    ...listOf(programs.memory).map((memory) => users('Memory by program', 'MB', memory)),
    ...listOf(programs.idle).map((idle) => users('Idle processor time by program', 'cores', idle)),
    missed.length === 0
      ? 'Every target that was measured is met.'
      : `Missed: ${missed.map(({ title }) => title.trim()).join('; ')}.`,
  ].join('\n');
}

/** Returns the results as an object for JSON, with samples in the order of the rounds. */
export function asJson(
  { measures, programs }: Pick<Bench, 'measures' | 'programs'>,
  rounds: number,
): object {
  const byName = (amounts?: ByProgram): object | undefined =>
    amounts && Object.fromEntries(amounts);
  return {
    rounds,
    machine: hostProperties(),
    rows: measures.results(),
    memory: byName(programs.memory),
    idle: byName(programs.idle),
  };
}
