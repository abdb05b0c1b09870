import { checks } from '../../../checks';
import { faults } from '../../faults';

// A check that no fault can fail is not a check. The faults themselves are made in test/integration/faults.test.ts.
test('every check has a fault that makes it fail', () => {
  const shown = new Set(faults.flatMap(({ fails }) => Object.keys(fails)));
  expect(checks.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
});

test('a fault names checks that there are, and none as both failing and passing', () => {
  const ids = checks.map(({ id }) => id);
  for (const { fails, passes } of faults) {
    const named = [...Object.keys(fails), ...passes];
    expect(ids).toEqual(expect.arrayContaining(named));
    expect(new Set(named).size).toBe(named.length);
  }
});
