import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';

/** Loads jest.config.js in a Node.js that says it has this version. */
const loadedBy = (version: string) =>
  spawnSync(
    process.execPath,
    [
      '-e',
      `Object.defineProperty(process.versions, 'node', { value: '${version}' });
       require(${JSON.stringify(path.join(root, 'jest.config.js'))});`,
    ],
    { encoding: 'utf8' },
  );

describe('npx jest', () => {
  test('says on an old Node.js in one sentence which version the tests need', () => {
    const { status, stderr } = loadedBy('20.20.2');
    expect(stderr.split('\n')[0]).toBe('The tests need Node.js 22 or later, and this is 20.20.2.');
    expect(status).toBe(3);
  });

  test('runs on the oldest supported Node.js', () => {
    expect(loadedBy('22.0.0')).toMatchObject({ status: 0, stderr: '' });
  });
});
