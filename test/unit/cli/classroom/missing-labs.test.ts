import * as fs from 'node:fs';
import * as path from 'node:path';
import { servePage } from '../../../../cli/ui/serve-page';
import { unable } from '../../../../cli/errors';
import { inPlaces, ownPlaces, typed } from '../../../support/typed';

const mockPrograms = { installed: false };
jest.mock('../../../../cli/actions/ensure-toolchain', () => {
  const tools = (): object | undefined => (mockPrograms.installed ? { kubectl: 'k' } : undefined);
  return {
    found: async () => tools(),
    foundTools: async () => tools(),
    installed: async (cure: string) => {
      if (!mockPrograms.installed) throw unable('no programs', cure);
      return tools();
    },
  };
});
jest.mock('../../../../cli/engine/engine', () => ({
  Engine: { open: async () => ({ snapshot: async () => undefined }) },
}));
jest.mock('../../../../cli/ui/serve-page', () => ({ servePage: jest.fn() }));

ownPlaces();

const roster = (): string => inPlaces('students.yaml');
beforeEach(() => {
  mockPrograms.installed = false;
  fs.writeFileSync(roster(), 'students:\n  - id: s01\n    name: Ada\n  - id: s02\n  - id: s03\n');
});

/** Runs a class command on the roster. */
const classPrints = (verb: string, rest = ''): ReturnType<typeof typed> =>
  typed(`class ${verb} ${roster()} ${rest}`);

/** Writes a state of a lab, so that a student may have a lab. */
function writeState(stack: string): void {
  const file = inPlaces('state/backend/.pulumi/stacks/hardway-lab', `${stack}.json`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '{}');
}

const none = (): string =>
  `The class in ${roster()} has no labs yet.\nTo do: ./lab class up ${roster()}`;

describe('before the first class up', () => {
  test.each([
    ['status', '', false],
    ['status', '', true],
    ['verify', '', false],
    ['verify', '', true],
    ['drill', 'wrong-turn', false],
    ['drill', 'wrong-turn', true],
    ['cards', '--out cards', false],
  ])('class %s %s names class up; programs installed: %s', async (verb, rest, isInstalled) => {
    mockPrograms.installed = isInstalled;
    const words = rest.replace('--out cards', `--out ${inPlaces('cards')}`);
    expect(await classPrints(verb, words)).toEqual({ code: 1, printed: none() });
  });

  test('class status names the students without a lab if not all are meant', async () => {
    writeState('local-s03');
    expect(await classPrints('status', '--only s01')).toEqual({
      code: 1,
      printed: `Student s01 of ${roster()} has no lab yet.\nTo do: ./lab class up ${roster()} --only s01`,
    });
    expect((await classPrints('verify', '--only s02,s01')).printed).toBe(
      `Students s01 and s02 of ${roster()} have no labs yet.\nTo do: ./lab class up ${roster()} --only s01,s02`,
    );
  });

  test('class status and class verify print a row per student with --json', async () => {
    const rowsOf = async (verb: string): Promise<unknown> => {
      const { code, printed } = await classPrints(verb, '--json --only s01,s02');
      expect(code).toBe(1);
      return JSON.parse(printed.slice(0, printed.lastIndexOf(']') + 1));
    };
    expect(await rowsOf('status')).toMatchObject([
      { id: 's01', name: 'Ada', lab: 'local-s01', cloud: 'local', state: 'down', drift: [] },
      { id: 's02', name: 's02', lab: 'local-s02', cloud: 'local', state: 'down', drift: [] },
    ]);
    expect(await rowsOf('verify')).toMatchObject([
      { id: 's01', problem: expect.stringContaining('have no labs yet') },
      { id: 's02', problem: expect.stringContaining('have no labs yet') },
    ]);
  });

  test('a class without labs has its programs if they are installed, for class status --watch', async () => {
    const { noLabs, classTools } = await import('../../../../cli/classroom/missing-labs');
    const students = [
      {
        id: 's01',
        name: 'Ada',
        lab: { stack: 'local-s01', cloud: 'local' as const },
        settings: new Map(),
      },
    ];
    const of = { file: 'students.yaml', students };
    expect(noLabs(students, of)?.message).toBe('The class in students.yaml has no labs yet.');
    await expect(classTools(students, of)).rejects.toThrow('has no labs yet');
    mockPrograms.installed = true;
    expect(await classTools(students, of)).toEqual({ kubectl: 'k' });
  });

  test('class board says so below the address of its page', async () => {
    expect(await classPrints('board')).toEqual({ code: 0, printed: '' });
    const [{ about }] = jest.mocked(servePage).mock.lastCall!;
    expect(about('127.0.0.1', 1)[1]).toBe(none().replace('\n', ' '));
    writeState('local-s03');
    await classPrints('board');
    expect(jest.mocked(servePage).mock.lastCall![0].about('127.0.0.1', 1)).toHaveLength(2);
  });
});

test('a class with a lab and without programs gets the command that installs them and creates no lab', async () => {
  writeState('local-s03');
  expect(await classPrints('status')).toEqual({
    code: 3,
    printed: `no programs\nTo do: ./lab setup, or ./lab class up ${roster()}`,
  });
});
