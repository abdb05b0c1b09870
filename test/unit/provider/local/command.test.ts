import { attempt, run } from '../../../../provider/local/shared/command';

describe('a program that the provider runs', () => {
  test('gets the input, and returns its output', async () => {
    expect(await run('cat', [], { input: 'one\n' })).toBe('one\n');
  });

  test('is killed at its limit, and the error names the limit', async () => {
    await expect(attempt('sleep', ['20'], { seconds: 0.2 })).rejects.toThrow(
      'sleep 20 did not end within 0.2 s and was killed',
    );
  });

  test('fails with its own message', async () => {
    await expect(run('sh', ['-c', 'echo no room >&2; exit 3'])).rejects.toThrow(
      /failed \(3\): no room$/,
    );
  });

  test('that is not installed is named', async () => {
    await expect(run('hardway-no-such-program', ['-x'])).rejects.toThrow(
      'hardway-no-such-program is not installed: run ./lab doctor',
    );
  });
});
