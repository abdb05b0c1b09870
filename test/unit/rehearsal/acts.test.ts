import { actsOf } from '../../../rehearsal/acts';

describe('acts', () => {
  test('have names that differ', () => {
    const names = actsOf('full').map(({ name }) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
  });

  test('of profile small wait for no balancer', () => {
    expect(actsOf('small').filter(({ name }) => /LoadBalancer/.test(name))).toEqual([]);
  });

  test('kill the engine at five points of up and two of down', () => {
    const points = actsOf('full').map(({ name }) => /^kill-(up|down)/.exec(name)?.[1]);
    expect(points.filter((point) => point === 'up')).toHaveLength(5);
    expect(points.filter((point) => point === 'down')).toHaveLength(2);
  });
});
