import { main } from '../../../cli/program';
import { parseKubectl } from '../../../cli/commands/kubectl';
import { parseSsh } from '../../../cli/commands/ssh';
import { Failure, Interrupted, report, unable, usage } from '../../../cli/errors';

let printed: string;

beforeEach(() => {
  printed = '';
  const hear = (text: unknown): boolean => {
    printed += String(text);
    return true;
  };
  jest.spyOn(process.stderr, 'write').mockImplementation(hear);
  jest.spyOn(process.stdout, 'write').mockImplementation(hear);
});

afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});

describe('the command line', () => {
  test.each([[['--help']], [['--version']], [['verify', '--help']], [['verify', '--list']]])(
    'ends with 0 for %j',
    async (words) => {
      expect(await main(words)).toBe(0);
      expect(printed).not.toBe('');
    },
  );

  test.each([
    [['help', 'class', 'board'], /^Usage: \.\/lab class board /],
    [['class', 'help', 'board'], /^Usage: \.\/lab class board /],
    [['help', 'drill', 'start'], /^Usage: \.\/lab drill start /],
    [['help', 'up'], /^Usage: \.\/lab up /],
    [['help'], /^Usage: \.\/lab \[/],
  ])('prints the help of the command for %j', async (words, usageLine) => {
    expect(await main(words)).toBe(0);
    expect(printed).toMatch(usageLine);
  });

  test('refuses to go down without a terminal and without --yes', async () => {
    expect(process.stdin.isTTY && process.stdout.isTTY).toBeFalsy();
    expect(await main(['down', 'no-such-lab'])).toBe(2);
    expect(printed).toMatch(/no terminal[\s\S]*--yes/);
  });
});

describe('an error', () => {
  test.each([
    ['usage', usage('m'), 2],
    ["what the machine can't", unable('m'), 3],
    ['an interruption', new Interrupted(), 130],
    ['an unforeseen error', new Error('m'), 3],
  ])('%s has its exit code', (_what, error, code) => {
    expect(report(error)).toBe(code);
  });

  test('is printed with a stack trace only if HARDWAY_DEBUG is 1', () => {
    report(new Failure('wrong', 2, 'this'));
    expect(printed).toBe('wrong\nTo do: this\n');
    process.env.HARDWAY_DEBUG = '1';
    report(new Failure('wrong', 2));
    delete process.env.HARDWAY_DEBUG;
    expect(printed).toMatch(/\n\s+at /);
  });
});

describe('lab ssh', () => {
  test.each([
    [['worker-0'], 'local', 'worker-0', []],
    [['worker-0', '--', 'ls', '-l'], 'local', 'worker-0', ['ls', '-l']],
    [['worker-0', 'ls', '-l'], 'local', 'worker-0', ['ls', '-l']],
    [['s01', 'controller-2', '--', 'id'], 'local-s01', 'controller-2', ['id']],
    [['aws', 'worker-1'], 'aws', 'worker-1', []],
  ])('reads %j', (words, stack, node, command) => {
    expect(parseSsh(words)).toMatchObject({ lab: { stack }, node, command });
  });

  test('asks for the node if only a lab is given', () => {
    expect(() => parseSsh(['s01'])).toThrow(/Missing node/);
  });
});

describe('lab kubectl', () => {
  test.each([
    [['get', 'pods'], 'local', ['get', 'pods']],
    [['s01', '--', 'get', 'pods'], 'local-s01', ['get', 'pods']],
    [['aws', 'get', 'pods'], 'aws', ['get', 'pods']],
    [['exec', 'pod', '--', 'ls'], 'local', ['exec', 'pod', '--', 'ls']],
  ])('reads %j', (words, stack, args) => {
    expect(parseKubectl(words)).toMatchObject({ lab: { stack }, args });
  });
});
