import { took } from '../../../bench/class';
import { Measures, median } from '../../../bench/measures';
import { asText } from '../../../bench/table';

const measured = (samples: Record<string, number[]>): Measures => {
  const measures = new Measures();
  for (const [id, values] of Object.entries(samples))
    for (const value of values) measures.add(id, value);
  return measures;
};
const row = (measures: Measures, id: string) =>
  measures.results().find((result) => result.id === id);

test('the median is the middle one; of an even number, the lower of the two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2);
  expect(median([7])).toBe(7);
});

test('a ratio is made of figures of the same round, so that noise hits both', () => {
  const measures = measured({ up: [22, 66, 24], floor: [20, 60, 20] });
  expect(row(measures, 'up:floor')).toMatchObject({
    samples: [1.1, 1.1, 1.2],
    least: 1.1,
    median: 1.1,
    met: true,
  });
});

test('a target is met by the median, at its bound too; from below or from above', () => {
  expect(row(measured({ 'no-op': [3, 4, 9] }), 'no-op')).toMatchObject({
    met: true,
    target: 'at most 4',
  });
  expect(row(measured({ 'no-op': [3, 4.1, 9] }), 'no-op')).toMatchObject({ met: false });
  expect(row(measured({ 'hard-way': [16.9], up: [10] }), 'hard-way:up')).toMatchObject({
    met: false,
    target: 'at least 1.7',
  });
  expect(row(measured({ 'hard-way': [17], up: [10] }), 'hard-way:up')).toMatchObject({ met: true });
});

test('a ratio of the lab is compared with the same ratio of the floor', () => {
  const rates = { 'pod-to-pod': [7, 8], 'node-to-node': [10, 10] };
  expect(
    row(measured({ ...rates, 'floor-pod:node': [0.7, 0.64] }), 'pod:node:floor'),
  ).toMatchObject({ samples: [1, 1.25], met: true });
  expect(row(measured(rates), 'pod:node:floor')).toBeUndefined();
});

test('prints no line without a measurement, and no verdict without a target', () => {
  const results = measured({ up: [20] }).results();
  expect(results.map(({ id }) => id)).toEqual(['up']);
  expect(results[0].met).toBeUndefined();
});

test('the table says plainly what was missed', () => {
  const text = asText({ measures: measured({ down: [9], verify: [10] }), programs: {} }, 1);
  expect(text).toMatch(/^lab down +9\.00 +9\.00 +s +at most 8 +MISSED$/m);
  expect(text).toMatch(/^lab verify +10\.0 .* met$/m);
  expect(text).toMatch(/^Missed: lab down\.$/m);
});

test("each lab's own time is read off a class's summary", () => {
  expect(
    took(
      'ID       STUDENT  LAB            OUTCOME  TOOK\nbench-1  bench-1  local-bench-1  up       41 s\nbench-2  Ada L    local-bench-2  up       1 min 02 s\nbench-3  bench-3  local-bench-3  failed   9.5 s\n',
    ),
  ).toEqual([41, 62]);
});
