import type { Probe } from '../../../cli/doctor/finding';
import { prepare } from '../../../cli/actions/prepare';
import { parseLab } from '../../../cli/lab/name';
import { quietProgress } from '../../../cli/ui/progress';
import { parseConfig } from '../../../components/config';
import { ownPlaces, typed } from '../../support/typed';

/** Ids of the probes that ran. */
const mockAsked: string[] = [];

jest.mock('../../../cli/doctor/finding', () => ({
  ...jest.requireActual<object>('../../../cli/doctor/finding'),
  findingOf: async ({ id, title }: Probe) => {
    mockAsked.push(id);
    return { id, title, status: 'ok', found: '', cure: '' };
  },
}));
jest.mock('../../../cli/doctor/kernel', () => {
  const asked = (): [] => {
    mockAsked.push('kernel');
    return [];
  };
  return { kernelFindings: asked, kernelFindingsFor: asked };
});
jest.mock('../../../cli/actions/ensure-toolchain', () => ({
  found: async () => ({}),
  foundTools: async () => ({}),
  setUp: async () => ({}),
}));

ownPlaces();
beforeEach(() => void mockAsked.splice(0));

/** Returns the ids of the probes that `up` of a new local lab runs. */
async function askedByUp(): Promise<string[]> {
  const config = parseConfig({ jumpCidrs: '192.0.2.0/24' });
  await prepare(quietProgress, { lab: parseLab('s01'), config });
  return [...mockAsked];
}

test('doctor looks at everything that up looks at, except for the port of a jump host', async () => {
  const byUp = await askedByUp();
  expect(byUp.length).toBeGreaterThan(15);
  mockAsked.splice(0);
  await typed('doctor');
  expect(byUp.filter((id) => !mockAsked.includes(id))).toEqual(['jump-port']);
});
