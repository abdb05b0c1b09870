import { builtFraction, Estimate } from '../../../toolchain/estimate';
import { upstreamProject } from '../../../toolchain/manifest';

const ITEMS = [
  { name: 'pulumi', seconds: 400 },
  { name: 'kubernetes', seconds: 600 },
];

describe('the estimate of an installation', () => {
  test('begins with the measured seconds', () => {
    expect(new Estimate(ITEMS, 50).remaining(50)).toEqual({ percent: 0, seconds: 1000 });
  });

  test.each([0.5, 1, 3])(
    'is right within 25 % after two minutes on a host that needs %d times the measured seconds',
    (slowness) => {
      const estimate = new Estimate(ITEMS, 0);
      const total = 1000 * slowness;
      const done = 120 / total;
      for (const { name } of ITEMS) estimate.record({ name, state: 'building', fraction: done });
      const left = total - 120;
      expect(Math.abs(estimate.remaining(120).seconds - left) / left).toBeLessThan(0.25);
    },
  );

  test('counts an item that is done as a whole, and ends with nothing left', () => {
    const estimate = new Estimate(ITEMS, 0);
    estimate.record({ name: 'pulumi', state: 'building', fraction: 0.2 });
    estimate.record({ name: 'pulumi', state: 'done' });
    expect(estimate.remaining(400)).toEqual({ percent: 40, seconds: 600 });
    estimate.record({ name: 'kubernetes', state: 'done' });
    expect(estimate.remaining(1000)).toEqual({ percent: 100, seconds: 0 });
  });

  test('does not change with items outside the plan', () => {
    const estimate = new Estimate(ITEMS, 0);
    estimate.record({ name: 'another', state: 'done' });
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

  test('stays below 1 while the last build links', () => {
    expect(builtFraction(pulumi, 1, language.compiles)).toBeLessThan(1);
    expect(builtFraction(pulumi, 1, 2 * language.compiles)).toBe(
      builtFraction(pulumi, 1, language.compiles),
    );
  });
});
