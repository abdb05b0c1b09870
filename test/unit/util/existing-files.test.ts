import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { namesIn, readIfExists } from '../../../util/existing-files';

describe('a path that may not exist', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'existing-files-'));
    fs.writeFileSync(path.join(directory, 'one'), 'content');
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  test('is read or listed if it exists', () => {
    expect(readIfExists(path.join(directory, 'one'))).toBe('content');
    expect(namesIn(directory)).toEqual(['one']);
  });

  test('has no content and no names if it does not exist', () => {
    expect(readIfExists(path.join(directory, 'two'))).toBeUndefined();
    expect(namesIn(path.join(directory, 'two'))).toEqual([]);
  });

  test('reports an error other than a missing file', () => {
    expect(() => readIfExists(directory)).toThrow('EISDIR');
  });
});
