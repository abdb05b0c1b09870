import { allChecks } from '../../../checks';
import { faults as articleFaults } from '../../faults';
import { loadBalancerFaults } from '../../faults/load-balancer';
import { each } from '../../support/each';

const faults = [...articleFaults, ...loadBalancerFaults];

// A check that never fails checks nothing. test/integration runs the faults on a lab: faults.test.ts
// those of the article, load-balancer.test.ts its own.
test('every check has a fault that makes it fail', () => {
  const shown = new Set(faults.flatMap(({ fails }) => Object.keys(fails)));
  expect(allChecks.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
});

test('every fault names existing checks, and no check as both failing and passing', () => {
  const ids = allChecks.map(({ id }) => id);
  each(faults, ({ fails, passes }) => {
    const named = [...Object.keys(fails), ...passes];
    expect(ids).toEqual(expect.arrayContaining(named));
    expect(new Set(named).size).toBe(named.length);
  });
});
