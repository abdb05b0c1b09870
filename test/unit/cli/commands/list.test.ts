import * as fs from 'node:fs';
import { EXIT } from '../../../../cli/errors';
import { claimLab } from '../../../../provider/local/shared/lab-register';
import { inPlaces, ownPlaces, typed } from '../../../support/typed';

// A host on which nothing was started yet.
jest.mock('../../../../cli/actions/ensure-toolchain', () => ({
  foundTools: async () => undefined,
  installed: async () => {
    throw new Error('no toolchain is installed');
  },
}));

ownPlaces();

describe('./lab list before the first start', () => {
  test('says that no labs exist', async () => {
    expect(await typed('list')).toEqual({
      code: EXIT.well,
      printed: 'No labs exist. To do: ./lab start',
    });
  });

  test('prints an empty array with --json', async () => {
    expect(await typed('list --json')).toEqual({ code: EXIT.well, printed: '[]' });
  });

  test('creates no file', async () => {
    await typed('list');
    expect(fs.readdirSync(inPlaces())).toEqual([]);
  });

  test('names the labs of other states', async () => {
    process.env.HARDWAY_STATE = inPlaces('student');
    claimLab('local-listed');
    process.env.HARDWAY_STATE = inPlaces('state');
    fs.mkdirSync(inPlaces('cloud', 'labs', 'local-listed'), { recursive: true });
    const { code, printed } = await typed('list');
    expect(code).toBe(EXIT.well);
    expect(printed).toMatch(/^local-listed +local +stray/m);
  });
});

test('./lab list says what to do if labs exist, but no programs to read them', async () => {
  fs.mkdirSync(inPlaces('state', 'stacks'), { recursive: true });
  fs.writeFileSync(inPlaces('state', 'stacks', 'Pulumi.local.yaml'), '');
  await expect(typed('list')).resolves.toMatchObject({
    printed: expect.stringContaining('no toolchain is installed'),
  });
});
