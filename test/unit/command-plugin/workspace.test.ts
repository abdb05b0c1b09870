import { ownerOf, removeWorkspace, workspaceDirectory } from '../../../command-plugin/workspace';
import * as path from 'node:path';

describe('the workspace of the command plugin', () => {
  afterEach(removeWorkspace);

  test('names its process and PID namespace', () => {
    expect(ownerOf(path.basename(workspaceDirectory()))).toBe(process.pid);
  });

  test('belongs to no process of another PID namespace', () => {
    const name = path.basename(workspaceDirectory());
    expect(ownerOf(name, 'other')).toBeUndefined();
  });

  test.each(['hardway-command-12', 'hardway-command-x-abc-1', 'hardway-other-1-abc-1'])(
    'is not a directory named %s',
    (name) => expect(ownerOf(name, 'abc')).toBeUndefined(),
  );
});
