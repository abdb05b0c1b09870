import { actsOf, preparationFor } from '../../../rehearsal/acts';

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

describe('the preparation of an act', () => {
  const account = { hasLab: true, isDoubtful: false };

  test('creates the lab that the act begins with, and nothing if it exists', () => {
    const act = { begins: 'with a lab' } as const;
    expect(preparationFor(act, { ...account, hasLab: false })).toBe('up');
    expect(preparationFor(act, account)).toBeUndefined();
  });

  test('repairs the lab after a failed act, so that one failure causes no other', () => {
    expect(preparationFor({ begins: 'with a lab' }, { ...account, isDoubtful: true })).toBe('up');
  });

  test('takes the lab down before an act that begins with nothing', () => {
    const act = { begins: 'with nothing' } as const;
    expect(preparationFor(act, account)).toBe('down');
    expect(preparationFor(act, { ...account, hasLab: false })).toBeUndefined();
  });
});
