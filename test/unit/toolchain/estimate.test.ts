import { Estimate, builtFraction, arrivedFraction, type Part } from '../../../toolchain/estimate';
import { upstreamProject } from '../../../toolchain/manifest';

const BUILDS: Part[] = [
  { name: 'pulumi', seconds: { build: 400 } },
  { name: 'kubernetes', seconds: { build: 600 } },
];
const DOWNLOAD: Part = { name: 'runc', seconds: { download: 60 } };

/** Returns an estimate that has begun to build at second 0. */
function building(parts: Part[] = BUILDS): Estimate {
  const estimate = new Estimate(parts, 0);
  estimate.record({ name: 'pulumi', state: 'building', fraction: 1e-9 }, 0);
  return estimate;
}

describe('the estimate of an installation', () => {
  test('begins with the measured seconds', () => {
    expect(new Estimate(BUILDS, 50).remaining(50)).toEqual({ percent: 0, seconds: 1000 });
  });

  test.each([0.5, 1, 3])(
    'is exact after two minutes on a host that needs %d times the measured seconds',
    (slowness) => {
      const estimate = building();
      const fraction = 120 / (1000 * slowness);
      for (const { name } of BUILDS) estimate.record({ name, state: 'building', fraction }, 120);
      expect(estimate.remaining(120).seconds).toBeCloseTo(1000 * slowness - 120);
    },
  );

  test('trusts the measured seconds more than the pace of the first half minute', () => {
    const estimate = building();
    estimate.record({ name: 'kubernetes', state: 'building', fraction: 0.01 }, 30);
    expect(estimate.remaining(30).seconds).toBeLessThan(1300);
  });

  test('starts the clock of the builds with their first compiled package', () => {
    const estimate = new Estimate(BUILDS, 0);
    estimate.record({ name: 'pulumi', state: 'building', fraction: 0 }, 0);
    estimate.record({ name: 'pulumi', state: 'building', fraction: 1e-9 }, 300);
    for (const { name } of BUILDS) estimate.record({ name, state: 'building', fraction: 0.2 }, 500);
    expect(estimate.remaining(500).seconds).toBeCloseTo(800);
  });

  test('counts a part that is done as a whole, and ends with nothing left', () => {
    const estimate = building();
    estimate.record({ name: 'pulumi', state: 'building', fraction: 0.2 }, 300);
    estimate.record({ name: 'pulumi', state: 'done' }, 400);
    expect(estimate.remaining(400)).toEqual({ percent: 40, seconds: 600 });
    estimate.record({ name: 'kubernetes', state: 'done' }, 1000);
    expect(estimate.remaining(1000)).toEqual({ percent: 99, seconds: 0 });
  });

  test('is the time of the slower kind of work, because builds and downloads run together', () => {
    expect(new Estimate([...BUILDS, DOWNLOAD], 0).remaining(0).seconds).toBe(1000);
    const estimate = building([...BUILDS, DOWNLOAD]);
    estimate.record({ name: 'runc', state: 'downloading', fraction: 1e-9 }, 0);
    estimate.record({ name: 'runc', state: 'downloading', fraction: 0.05 }, 200);
    for (const { name } of BUILDS) estimate.record({ name, state: 'building', fraction: 0.5 }, 200);
    expect(estimate.remaining(200).seconds).toBeCloseTo(3800);
  });

  test('counts the packages of a part on the link, and its other work until it is done', () => {
    const tree = { name: 'tree', seconds: { download: 10, other: 40 } };
    const estimate = new Estimate([tree, DOWNLOAD], 0);
    for (const { name } of [tree, DOWNLOAD])
      estimate.record({ name, state: 'downloading', fraction: 1e-9 }, 0);
    estimate.record({ name: 'tree', state: 'building', fraction: 1 }, 100);
    estimate.record({ name: 'runc', state: 'downloading', fraction: 0.5 }, 100);
    expect(estimate.remaining(100).seconds).toBeCloseTo(75, 0);
    estimate.record({ name: 'runc', state: 'done' }, 150);
    expect(estimate.remaining(150).seconds).toBe(40);
    estimate.record({ name: 'tree', state: 'done' }, 170);
    expect(estimate.remaining(170).seconds).toBe(0);
  });

  test('does not change with parts outside the plan', () => {
    const estimate = new Estimate(BUILDS, 0);
    estimate.record({ name: 'another', state: 'done' }, 0);
    expect(estimate.remaining(0)).toEqual({ percent: 0, seconds: 1000 });
  });
});

describe('the built part of a project', () => {
  const pulumi = upstreamProject('pulumi');
  const [engine, language] = pulumi.builds;

  test('weighs its builds by their measured seconds', () => {
    expect(builtFraction(pulumi, 0, 0)).toBe(0);
    expect(builtFraction(pulumi, 1, 0)).toBeCloseTo(
      engine.seconds / (engine.seconds + language.seconds),
    );
  });

  test('is less than the part of compiled packages, because the small ones come first', () => {
    const kubernetes = upstreamProject('kubernetes');
    expect(builtFraction(kubernetes, 0, kubernetes.builds[0].compiles / 2)).toBeCloseTo(0.44, 2);
  });

  test('stays 1 if a newer Go compiles more packages', () => {
    expect(builtFraction(pulumi, 1, language.compiles)).toBe(1);
    expect(builtFraction(pulumi, 1, 2 * language.compiles)).toBe(1);
  });
});

test('the arrived part of a project weighs its files by their size', () => {
  const kubernetes = upstreamProject('kubernetes');
  const [server] = kubernetes.releases;
  const all = kubernetes.releases.reduce((sum, { megabytes }) => sum + megabytes, 0);
  expect(arrivedFraction(kubernetes, new Map())).toBe(0);
  expect(arrivedFraction(kubernetes, new Map([[server, 0.5]]))).toBeCloseTo(
    server.megabytes / 2 / all,
  );
});
