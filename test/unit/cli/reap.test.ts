import { claimLab, recordOf } from '../../../provider/local/shared/lab-register';
import { siteKind } from '../../../provider/local/workspace/kind';
import { EXIT } from '../../../cli/errors';
import { inPlaces, ownPlaces, typed } from '../../support/typed';

// A host without the toolchain, on which no process, namespace or group of the lab is left.
jest.mock('../../../cli/actions/ensure-toolchain', () => ({
  found: async () => undefined,
  foundTools: async () => undefined,
  installed: async () => {
    throw new Error('no toolchain is installed');
  },
}));
jest.mock('../../../provider/local/workspace/resource-limits', () => ({
  boundLab: async () => undefined,
  boundsTrouble: () => '',
}));

ownPlaces();

const LAB = 'local-reaped';
const make = async (expires: string): Promise<void> => {
  process.env.HARDWAY_STATE = inPlaces('student');
  claimLab(LAB);
  await siteKind.create({ lab: LAB, expires, memoryLimit: 1, processLimit: 1 });
  process.env.HARDWAY_STATE = inPlaces('root');
  process.env.HARDWAY_CLOUD = inPlaces('elsewhere');
};

test('reap deletes an expired lab of another state and cloud directory, without a toolchain', async () => {
  await make('2020-01-01T00:00Z');
  const { code, printed } = await typed('reap --yes');
  expect(printed).toContain(`${LAB}  2020-01-01T00:00Z  gone`);
  expect(printed).toContain(inPlaces('student'));
  expect(code).toBe(EXIT.well);
  expect(recordOf(LAB)).toBeUndefined();
});

test('reap leaves a lab of another state that has not expired', async () => {
  await make('2999-01-01T00:00Z');
  expect((await typed('reap --yes')).printed).toBe('No lab has expired.');
  expect(recordOf(LAB)).toBeDefined();
});
