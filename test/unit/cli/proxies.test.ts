import * as fs from 'node:fs';
import { runInForeground } from '../../../cli/ui/foreground';
import { inPlaces, ownPlaces } from '../../support/typed';

// The command that main.ts runs: a program that writes its environment to a file.
jest.mock('../../../cli/program', () => ({
  main: async ([file]: string[]) => runInForeground('sh', ['-c', 'env > "$1"', 'sh', file]),
}));
jest.mock('../../../cli/hand-back', () => ({ handBack: () => undefined }));

ownPlaces();

test('every program that ./lab starts, such as kubectl, asks no proxy for the networks of labs', async () => {
  const [env, argv] = [process.env, process.argv];
  const file = inPlaces('environment');
  fs.mkdirSync(inPlaces('state'));
  fs.writeFileSync(inPlaces('state', 'pools.json'), '["203.0.113.0/24"]');
  const ended = new Promise((resolve) =>
    jest.spyOn(process, 'exit').mockImplementation(resolve as typeof process.exit),
  );
  const flushed = (_text: unknown, done: () => void): boolean => (done(), true);
  jest.spyOn(process.stdout, 'write').mockImplementation(flushed as typeof process.stdout.write);
  try {
    process.env = { ...env, HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'localhost, .corp' };
    process.argv = ['node', 'main.ts', file];
    await import('../../../cli/main');
    expect(await ended).toBe(0);
  } finally {
    process.env = env;
    process.argv = argv;
    jest.restoreAllMocks();
  }
  const [, exceptions] = /^NO_PROXY=(.*)$/m.exec(fs.readFileSync(file, 'utf8'))!;
  expect(exceptions.split(',')).toEqual(
    expect.arrayContaining(['localhost', '.corp', '127.0.0.1', '198.18.0.0/15', '203.0.113.0/24']),
  );
});
