import { simulated } from '../../../bench/critical-path/lab';
import { criticalPath, latest, simulate, type Task } from '../../../bench/critical-path/schedule';

const task = (
  key: string,
  seconds: number,
  after: string[] = [],
  more: Partial<Task> = {},
): Task => ({ key, seconds, after, ...more });
const told = (tasks: Task[], places: number): string => {
  const done = simulate(tasks, places);
  return criticalPath(done, latest([...done.values()]))
    .map(({ key, begin, end }) => `${key} ${begin}-${end}`)
    .join(', ');
};

const diamond = [
  task('network', 2),
  task('short', 1, ['network']),
  task('long', 5, ['network']),
  task('end', 1, ['short', 'long']),
];

test('the path is the chain that the end waited for', () =>
  expect(told(diamond, 9)).toBe('network 0-2, long 2-7, end 7-8'));

test('without a free place what is ready waits, and the path says for whom', () =>
  expect(told(diamond, 1)).toBe('network 0-2, short 2-3, long 3-8, end 8-9'));

test('a machine boots while others are made, and the login waits for it', () => {
  const tasks = [
    task('machine', 3),
    task('other', 4, ['machine']),
    task('login', 2, ['machine', 'other'], { notBefore: { key: 'machine', seconds: 10 } }),
  ];
  expect(told(tasks, 9)).toBe('machine 0-3, login 7-15');
  expect(
    told([...tasks.slice(0, 2), { ...tasks[2], notBefore: { key: 'machine', seconds: 1 } }], 9),
  ).toBe('machine 0-3, other 3-7, login 7-9');
});

test('a session that can never begin is reported', () =>
  expect(() => simulate([task('a', 1, ['b']), task('b', 1, ['a'])], 9)).toThrow(
    'nothing can begin of a, b',
  ));

test.each([
  ['aws', 'full'],
  ['aws', 'small'],
  ['gcp', 'full'],
  ['gcp', 'small'],
] as const)(
  'an up on %s, profile %s, takes at most 1.2 of the longest chain that the cloud imposes',
  async (cloud, profile) => {
    const { whole, nodes, toReady, longest } = await simulated(cloud, profile);
    expect(whole.end / longest).toBeLessThan(1.2);
    expect(nodes.end / toReady).toBeLessThan(1.2);
  },
  60_000,
);
