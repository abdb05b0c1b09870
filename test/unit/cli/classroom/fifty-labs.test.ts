import * as fs from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { stringify } from 'yaml';
import { needsOf, sumOf } from '../../../../cli/account/needs';
import { childJob } from '../../../../cli/classroom/jobs/worker-process';
import { readRoster, type Student } from '../../../../cli/classroom/roster';
import { checkedConfig } from '../../../../cli/lab/settings';
import { CLOUDS } from '../../../../components/config';
import { publicCidr, reserveSlot, slotOf } from '../../../../provider/local/shared/slots';
import { inPlaces, ownPlaces } from '../../../support/typed';
import { gcpLab } from '../../../support/gcp-graph';

/** Fifty students, on mocks of everything that costs time or money: nothing of one is another's, and costs grow in step. */

ownPlaces();

function students(count: number, cloud = 'gcp'): Student[] {
  const file = inPlaces(`${cloud}-${count}.yaml`);
  const list = Array.from({ length: count }, (_, index) => ({
    id: `s${String(index + 1).padStart(2, '0')}`,
    name: `Student ${index + 1}`,
  }));
  fs.writeFileSync(
    file,
    stringify({
      defaults: {
        cloud,
        config: {
          profile: cloud === 'local' ? 'full' : 'small',
          project: 'my-project',
          adminCidrs: '198.18.0.0/15',
          stage: 'none',
          workers: 1,
        },
      },
      students: list,
    }),
  );
  return readRoster(file).students;
}

const distinct = <T>(items: T[]): number => new Set(items).size;

test.each(CLOUDS)('fifty labs on %s have distinct names, and their needs add up', (cloud) => {
  const all = students(50, cloud);
  expect(distinct(all.map(({ lab }) => lab.stack))).toBe(50);
  expect(all.every(({ lab, id }) => lab.stack === `${cloud}-${id}`)).toBe(true);
  const needs = all.map(({ lab, settings }) => needsOf(checkedConfig(lab, settings)));
  const [one, sum] = [needs[0], sumOf(needs)];
  expect([sum.publicAddresses, sum.networks, sum.loadBalancers, sum.diskGib]).toEqual([
    one.publicAddresses * 50,
    50,
    one.loadBalancers * 50,
    one.diskGib,
  ]);
  expect([...sum.machines]).toEqual([...one.machines].map(([type, count]) => [type, count * 50]));
});

test('fifty local labs have distinct public networks', () => {
  const slots = students(50, 'local').map(({ lab, settings }) => {
    const { publicPool } = checkedConfig(lab, settings);
    reserveSlot(lab.stack, publicPool);
    const { pool, slot } = slotOf(lab.stack)!;
    return publicCidr(pool, slot);
  });
  expect(distinct(slots)).toBe(50);
});

/** Names that have to be unique in one Google project, of all that a student's program makes. */
async function namesOf({ lab, settings }: Student): Promise<{ names: string[]; tags: string[] }> {
  const raw = Object.fromEntries(
    [...settings].map(([key, value]) => [key.replace('hardway-lab:', ''), value]),
  );
  const { graph } = await gcpLab(raw, lab.stack);
  const named = graph.all.filter(
    ({ type, inputs }) => type.startsWith('gcp:') && typeof inputs.name === 'string',
  );
  const { 'hardway-lab': tag, student } = JSON.parse(
    graph.of('gcp', 'gcp').inputs.defaultLabels as string,
  ) as Record<string, string>;
  return {
    names: named.map(({ type, inputs }) => `${type} ${inputs.name as string}`),
    tags: [tag, student],
  };
}

const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

test('fifty programs in one project create distinct names and tags, in linear time', async () => {
  const all = students(50);
  await namesOf(all[0]);
  const [times, found] = [[processorTime()], [] as Awaited<ReturnType<typeof namesOf>>[]];
  for (const student of all) {
    found.push(await namesOf(student));
    times.push(processorTime());
  }
  const names = found.flatMap((one) => one.names);
  expect(names.length).toBeGreaterThan(50 * 10);
  expect(distinct(names)).toBe(names.length);
  expect(distinct(found.map(({ tags: [lab] }) => lab))).toBe(50);
  expect(found.map(({ tags: [, student] }) => student)).toEqual(all.map(({ id }) => id));
  // Five times as many labs, and a factor of two for other load of the host.
  expect((times[50] - times[0]) / (times[10] - times[0])).toBeLessThan(10);
}, 120_000);

/** Bytes in use after a garbage collection. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('a roster and its jobs take memory and time linear in the number of students', () => {
  const taken = (count: number): { bytes: number; time: number } => {
    const [before, start] = [heap(), processorTime()];
    const jobs = students(count, 'local').map(({ id, lab }) => childJob(id, { kind: 'down', lab }));
    const time = processorTime() - start;
    const bytes = heap() - before;
    expect(jobs).toHaveLength(count);
    return { bytes, time };
  };
  // The median leaves out memory that the test runner takes and frees meanwhile.
  const median = (numbers: number[]): number =>
    numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const usual = (count: number): { bytes: number; time: number } => {
    const tries = Array.from({ length: 9 }, () => taken(count));
    return {
      bytes: median(tries.map(({ bytes }) => bytes)),
      time: median(tries.map(({ time }) => time)),
    };
  };
  taken(50);
  const [ten, fifty] = [usual(10), usual(50)];
  expect(fifty.time / ten.time).toBeLessThan(10);
  // No process before a job is begun: a few kilobytes a student.
  expect(fifty.bytes).toBeLessThan(50 * 10_000);
});
