import { spawnSync } from 'node:child_process';
import { endsWithParent } from '../../../util/ends-with-parent';

function run(words: string[], parent?: number): { status: number | null; stdout: string } {
  const [program, ...args] = endsWithParent(words, parent);
  return spawnSync(program, args, { encoding: 'utf8' });
}

describe('a program that ends with its parent', () => {
  test('gets its words as they are, and keeps its exit code', () => {
    const ran = run(['sh', '-c', 'printf "%s|" "$@"; exit 3', 'sh', 'a b', '$PPID', '']);
    expect(ran).toMatchObject({ stdout: 'a b|$PPID||', status: 3 });
  });

  test('does not start if its parent has ended', () => {
    const other = spawnSync('true').pid;
    expect(run(['echo', 'started'], other)).toMatchObject({ stdout: '', status: 1 });
  });
});
