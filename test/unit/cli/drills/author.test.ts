import { installed } from '../../../../cli/actions/ensure-toolchain';
import type { Drill } from '../../../../cli/drills/drill';
import { readDrills } from '../../../../cli/drills/loader';
import { openDrillLab } from '../../../../cli/drills/open-lab';
import { type TrialLab, tryDrill } from '../../../../cli/drills/trial';
import type { Tools } from '../../../../toolchain';
import { drill } from '../../../support/fake-drill-lab';
import { ownPlaces, typed } from '../../../support/typed';

jest.mock('../../../../cli/drills/loader', () => ({
  ...jest.requireActual<object>('../../../../cli/drills/loader'),
  readDrills: jest.fn(),
}));
jest.mock('../../../../cli/drills/open-lab');
jest.mock('../../../../cli/drills/trial');
jest.mock('../../../../cli/actions/ensure-toolchain');

ownPlaces();

const other: Drill = { ...drill, name: 'no-names' };

beforeEach(() => {
  jest.mocked(readDrills).mockReturnValue({ drills: [drill, other], mistakes: [] });
  jest.mocked(installed).mockResolvedValue({} as Tools);
  jest.mocked(openDrillLab).mockResolvedValue({} as TrialLab);
  const report = { failed: 0 };
  jest.mocked(tryDrill).mockImplementation(async (_lab, { name }) => ({
    ...{ drill: name, broke: 1, seconds: 2, problems: [`left: ${name}`] },
    ...({ report, broken: report } as Pick<Awaited<ReturnType<typeof tryDrill>>, 'report'> & {
      broken: never;
    }),
  }));
});

test('a mistake in one drill is printed below the list of the others', async () => {
  const mistakes = [{ file: 'new/drill.md', key: 'cause', text: 'leave out the full stop' }];
  jest.mocked(readDrills).mockReturnValue({ drills: [drill], mistakes });
  const { code, printed } = await typed('drill list');
  expect(code).toBe(2);
  expect(printed).toMatch(
    /wrong-turn .*\n1 mistake in drills:\n {2}drills\/new\/drill\.md: cause: leave out the full stop\n/,
  );
});

describe('the result of trials', () => {
  const count = (printed: string, text: string): number => printed.split(text).length - 1;

  test('is printed once for one drill', async () => {
    const { code, printed } = await typed('drill test wrong-turn');
    expect(code).toBe(1);
    expect(count(printed, 'wrong-turn: left: wrong-turn')).toBe(1);
  });

  test('is printed after each of several drills, and for all at the end', async () => {
    const { printed } = await typed('drill test wrong-turn no-names');
    expect(count(printed, 'no-names: left: no-names')).toBe(2);
    expect(printed).toMatch(/0 of 2 drills work\.$/);
  });
});
