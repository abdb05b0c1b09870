import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { LabRecord } from '../../../provider/local/shared/lab-register';
import { createTestState, isAbandoned } from '../../support/abandoned-labs';

const recordWith = (owner: Partial<LabRecord['owner']>): LabRecord => ({
  lab: 'local-t',
  cloud: '/var/lib/hardway',
  owner: { state: '/nowhere', user: 'root', ...owner },
});

const temporary = fs.realpathSync(os.tmpdir());

describe('labs of killed test runs', () => {
  test('are those with a state directory of a test that does not run', () => {
    const state = path.join(temporary, 'hardway-test-aB3x9Z');
    expect(isAbandoned(recordWith({ state }))).toBe(true);
  });

  test('are not those of a test that runs', () => {
    const state = createTestState();
    try {
      expect(isAbandoned(recordWith({ state: fs.realpathSync(state) }))).toBe(false);
      fs.writeFileSync(path.join(state, 'test-process'), '1\n');
      expect(isAbandoned(recordWith({ state: fs.realpathSync(state) }))).toBe(true);
    } finally {
      fs.rmSync(state, { recursive: true });
    }
  });

  test.each([
    ['a home directory', { state: '/root/.local/state/hardway' }],
    ['another directory', { state: '/srv/hardway-test-aB3x9Z' }],
    ['a longer name', { state: path.join(temporary, 'hardway-test-aB3x9Z-mine') }],
    ['a directory inside', { state: path.join(temporary, 'hardway-test-aB3x9Z/state') }],
    ['its own backend', { state: path.join(temporary, 'hardway-test-aB3x9Z'), backend: 's3://x' }],
  ])('are never those with %s', (_what, owner) => {
    expect(isAbandoned(recordWith(owner))).toBe(false);
  });
});
