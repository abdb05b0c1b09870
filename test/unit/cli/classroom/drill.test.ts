import { classDrill } from '../../../../cli/classroom/drill';
import { runJobs } from '../../../../cli/classroom/jobs/runner';
import type { Student } from '../../../../cli/classroom/roster';
import { Failure, unable, withCure } from '../../../../cli/errors';
import type { RawConfig } from '../../../../components/config';
import { labOutputs } from '../../../support/outputs';

/** Config of each student's lab, by id. A student without one has a lab that can't be read. */
const mockConfigs = new Map<string, RawConfig | undefined>();
jest.mock('../../../../cli/actions/ensure-toolchain', () => ({
  foundTools: async () => ({}),
  installed: async () => ({}),
}));
jest.mock('../../../../cli/classroom/missing-labs', () => ({
  ...jest.requireActual<object>('../../../../cli/classroom/missing-labs'),
  noLabs: () => undefined,
}));
jest.mock('../../../../cli/engine/engine', () => ({
  Engine: {
    open: async () => ({
      snapshot: async (stack: string) => {
        const config = mockConfigs.get(stack.replace('local-', ''));
        if (!config) throw unable('it is damaged');
        return { outputs: labOutputs(stack, config) };
      },
    }),
  },
}));
jest.mock('../../../../cli/classroom/jobs/runner', () => ({
  ...jest.requireActual<object>('../../../../cli/classroom/jobs/runner'),
  runJobs: jest.fn(async (jobs: { id: string }[]) =>
    jobs.map(({ id }) => ({ id, state: 'done', seconds: 1, value: undefined })),
  ),
}));

const started = (): string[] =>
  jest.mocked(runJobs).mock.calls.flatMap(([jobs]) => jobs.map(({ id }) => id));

beforeEach(() => {
  mockConfigs.clear();
  jest.mocked(runJobs).mockClear();
});

/** Starts the drill wrong-turn on labs with these configs; returns the Failure as text. */
async function refusalOf(configs: Record<string, RawConfig | undefined>): Promise<string> {
  const students = Object.entries(configs).map(([id, config]): Student => {
    mockConfigs.set(id, config);
    return { id, name: id, lab: { stack: `local-${id}`, cloud: 'local' }, settings: new Map() };
  });
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const roster = { file: 'class.yaml', students };
  try {
    await classDrill(students, 'wrong-turn', { again: 'again', roster });
    return '';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return withCure(error);
  } finally {
    write.mockRestore();
  }
}

const ONE = { workers: '1' };
const TWO = { workers: '2' };

describe('a drill for a class', () => {
  test('names every lab with one worker, and the key of the roster, before a lab is changed', async () => {
    expect(await refusalOf({ s01: ONE, s02: TWO, s03: ONE })).toBe(
      [
        'Drill wrong-turn does not fit 2 labs; nothing was changed:',
        '  s01 (local-s01), s03 (local-s03): it needs 2 workers, and the lab has 1',
        'To do: workers: 2 in the config of class.yaml, then ./lab class up class.yaml; or --only with the other students; or another drill of ./lab drill list',
      ].join('\n'),
    );
    expect(started()).toEqual([]);
  });

  test('names each reason and key once', async () => {
    const refusal = await refusalOf({ s01: ONE, s02: { ...TWO, stage: 'none' } });
    expect(refusal).toContain('\n  s01 (local-s01): it needs 2 workers, and the lab has 1\n');
    expect(refusal).toMatch(
      /\n {2}s02 \(local-s02\): it needs the stage \w+, and the lab's stage is none\n/,
    );
    expect(refusal).toMatch(/\nTo do: workers: 2 and stage: \w+ in the config of class\.yaml, /);
    expect(refusal).not.toContain('--only');
  });

  test('starts on labs that it fits, and on labs that can not be read, which report themselves', async () => {
    expect(await refusalOf({ s01: TWO, s02: undefined })).toBe('');
    expect(started()).toEqual(['s01', 's02']);
  });
});
