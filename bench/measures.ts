/** Row of the table. `Measures` collects one sample in each round under the row's id. */
interface Row {
  id: string;
  title: string;
  unit: 's' | 'MB' | 'cores' | 'Gbit/s' | '×';
  /** Ids of two rows. Each round computes their ratio, so that both have the same noise. */
  ratio?: [string, string];
  /** Limit for the median. */
  target?: { atMost: number } | { atLeast: number };
  /** Value that would be better than the target. */
  aim?: string;
}

/** Rows of the table, in order. */
const ROWS: Row[] = [
  { id: 'up', title: 'lab up, until CoreDNS and test pods are Ready', unit: 's' },
  { id: 'floor', title: 'the same work in bare shell (the floor)', unit: 's' },
  {
    id: 'up:floor',
    title: 'up : floor',
    unit: '×',
    ratio: ['up', 'floor'],
    target: { atMost: 1.5 },
    aim: '1.1',
  },
  { id: 'hard-way', title: 'the same steps one by one over ssh (Hard Way)', unit: 's' },
  { id: 'hard-way-steps', title: '  of it, without creating the nodes', unit: 's' },
  { id: 'hard-way:up', title: 'Hard Way : up', unit: '×', ratio: ['hard-way', 'up'], aim: '2' },
  { id: 'no-op', title: 'lab up again, nothing to change', unit: 's', target: { atMost: 4 } },
  { id: 'verify', title: 'lab verify', unit: 's', target: { atMost: 15 } },
  { id: 'recreate', title: 'lab recreate, without its checks', unit: 's' },
  {
    id: 'recreate:up',
    title: 'recreate : up',
    unit: '×',
    ratio: ['recreate', 'up'],
    target: { atMost: 1.2 },
  },
  { id: 'down', title: 'lab down', unit: 's', target: { atMost: 8 } },
  {
    id: 'memory',
    title: 'memory of the lab, test pods running',
    unit: 'MB',
    target: { atMost: 2000 },
  },
  { id: 'pod-to-pod', title: 'TCP, pod to pod across nodes', unit: 'Gbit/s' },
  { id: 'node-to-node', title: 'TCP, node to node', unit: 'Gbit/s' },
  {
    id: 'pod:node',
    title: 'pod to pod : node to node',
    unit: '×',
    ratio: ['pod-to-pod', 'node-to-node'],
    target: { atLeast: 0.85 },
  },
  { id: 'idle', title: 'processor time of an idle lab', unit: 'cores' },
  { id: 'class-serial', title: 'four labs, each by lab up, one after another', unit: 's' },
  { id: 'class-up', title: '  of it, one lab', unit: 's' },
  ...[1, 2, 4].flatMap((parallel): Row[] => [
    { id: `class-${parallel}`, title: `lab class up --parallel ${parallel}, four labs`, unit: 's' },
    { id: `class-${parallel}-lab`, title: '  of it, each lab', unit: 's' },
    {
      id: `class-${parallel}:serial`,
      title: '  four at once : one after another',
      unit: '×',
      ratio: [`class-${parallel}`, 'class-serial'],
      target: { atMost: 1.1 },
    },
  ]),
  { id: 'class-recreate', title: 'lab recreate, one of four, without its checks', unit: 's' },
  {
    id: 'class-recreate:up',
    title: '  recreate, one of four : up',
    unit: '×',
    ratio: ['class-recreate', 'class-up'],
    target: { atMost: 1.2 },
  },
  { id: 'class-memory', title: 'memory of a lab, of four', unit: 'MB', target: { atMost: 2000 } },
  { id: 'class-idle', title: 'processor time of an idle lab, of four', unit: 'cores' },
  { id: 'first-memory', title: 'memory of a new lab', unit: 'MB' },
  { id: 'ten-recreates', title: 'lab recreate, the middle one of ten', unit: 's' },
  { id: 'tenth-memory', title: 'memory after the tenth', unit: 'MB' },
  {
    id: 'tenth:first',
    title: '  after the tenth : new',
    unit: '×',
    ratio: ['tenth-memory', 'first-memory'],
    target: { atMost: 1.1 },
  },
];

/** Result of a row. */
export interface Result {
  id: string;
  title: string;
  unit: Row['unit'];
  least: number;
  median: number;
  samples: number[];
  /** Formatted target; empty if the row has none. */
  target: string;
  /** Whether the median meets the target; `undefined` without a target. */
  met?: boolean;
}

/** Returns the median; of an even number of values, the lower of the two in the middle. */
export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

/** Samples by row id, one for each round. */
export class Measures {
  private readonly samples = new Map<string, number[]>();

  add(id: string, value: number): void {
    this.samples.set(id, [...(this.samples.get(id) ?? []), value]);
  }

  private of({ id, ratio }: Row): number[] {
    if (!ratio) return this.samples.get(id) ?? [];
    const [above, below] = ratio.map((part) => this.samples.get(part) ?? []);
    return above.slice(0, below.length).map((value, round) => value / below[round]);
  }

  /** Returns the results of the rows that have samples. */
  results(): Result[] {
    return ROWS.flatMap((row) => {
      const samples = this.of(row);
      if (samples.length === 0) return [];
      const middle = median(samples);
      return [
        {
          id: row.id,
          title: row.title,
          unit: row.unit,
          least: Math.min(...samples),
          median: middle,
          samples,
          target: formatTarget(row),
          met: isMet(row, middle),
        },
      ];
    });
  }
}

function formatTarget({ target, aim }: Row): string {
  let bound;
  if (target && 'atMost' in target) bound = `at most ${target.atMost}`;
  else if (target) bound = `at least ${target.atLeast}`;
  return [bound, aim && `aim ${aim}`].filter(Boolean).join(', ');
}

function isMet({ target }: Row, value: number): boolean | undefined {
  if (!target) return undefined;
  if ('atMost' in target) return value <= target.atMost;
  return value >= target.atLeast;
}
