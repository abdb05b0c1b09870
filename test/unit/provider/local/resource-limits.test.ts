import { groupOf, readSetting } from '../../../../provider/local/shared/cgroups';
import { boundLab, boundsDrift } from '../../../../provider/local/workspace/resource-limits';

const mockSettings = new Map<string, string>();

/** Cgroups of a host without systemd. Settings that no test sets do not exist. */
jest.mock('../../../../provider/local/shared/cgroups', () => ({
  ...jest.requireActual<object>('../../../../provider/local/shared/cgroups'),
  hasSlices: () => false,
  groupExists: () => true,
  makeGroup: () => undefined,
  readSetting: (group: string, file: string) => mockSettings.get(`${group} ${file}`),
  writeSetting: (group: string, file: string, value: string) =>
    void mockSettings.set(`${group} ${file}`, value),
}));

const LAB = 'local-limits';
const BOUNDS = { memoryLimit: 2 ** 30, processLimit: 1024 };
const ofAllLabs = (): string | undefined => readSetting(groupOf(), 'pids.max');
const setting = (group: string, value: string): void =>
  void mockSettings.set(`${group} pids.max`, value);

beforeEach(() => mockSettings.clear());

describe('the limit of processes of all labs', () => {
  test('may be lower, as a lab in another PID namespace sets it, and stays', async () => {
    setting(groupOf(), '700');
    await boundLab(LAB, BOUNDS);
    expect(ofAllLabs()).toBe('700');
    expect(boundsDrift(LAB, BOUNDS)).toBe('');
  });

  test.each(['max', '4194304'])('is lowered from %s, which is drift', async (higher) => {
    setting(groupOf(), higher);
    expect(boundsDrift(LAB, BOUNDS)).toContain(
      `pids.max of its control group hardway is ${higher}`,
    );
    await boundLab(LAB, BOUNDS);
    expect(Number(ofAllLabs())).toBeLessThan(4194304);
    expect(boundsDrift(LAB, BOUNDS)).toBe('');
  });
});

test('a lower limit of processes of one lab is drift, and is repaired', async () => {
  setting(groupOf(LAB), '700');
  expect(boundsDrift(LAB, BOUNDS)).toContain('is 700, not 1024');
  await boundLab(LAB, BOUNDS);
  expect(boundsDrift(LAB, BOUNDS)).toBe('');
});
