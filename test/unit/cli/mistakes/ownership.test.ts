import { EXIT } from '../../../../cli/errors';
import { claimLab, recordOf } from '../../../../provider/local/shared/lab-register';
import { inPlaces, ownPlaces, typed } from '../../../support/typed';

ownPlaces();
beforeEach(() => {
  process.env.HARDWAY_STATE = inPlaces('first');
  claimLab('local-t1');
  process.env.HARDWAY_STATE = inPlaces('second');
});

test.each(['up t1 --yes', 'down t1 --yes', 'recreate t1 --yes', 'reset t1 --node worker-0 --yes'])(
  './lab %s from another state is refused with the owner and the cure',
  async (line) => {
    const { code, printed } = await typed(line);
    expect(code).toBe(EXIT.machine);
    expect(printed).toContain(`belongs to the state directory ${inPlaces('first')} (user `);
    expect(printed).toContain(`HARDWAY_STATE='${inPlaces('first')}'`);
    expect(printed).toContain('./lab down local-t1 --take-over');
    expect(recordOf('local-t1')?.owner.state).toBe(inPlaces('first'));
  },
);

test('down --take-over deletes the lab of another state', async () => {
  const { printed } = await typed('down t1 --take-over --yes');
  expect(printed).toContain('Deleting lab local-t1');
  expect(recordOf('local-t1')).toBeUndefined();
});

test('down --take-over asks, and names the loss', async () => {
  const { code, printed } = await typed('down t1 --take-over');
  expect(code).toBe(EXIT.usage);
  expect(printed).toContain('all work on them is lost');
  expect(recordOf('local-t1')).toBeDefined();
});
