import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { main } from '../../cli/program';

/** Exit code and output of a command line. */
export interface Answer {
  code: number;
  printed: string;
}

let directory: string;

/** Creates a state and a cache directory before each test and deletes them after it. */
export function ownPlaces(): void {
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-mistakes-'));
    process.env.HARDWAY_STATE = path.join(directory, 'state');
    process.env.HARDWAY_CACHE = path.join(directory, 'cache');
    process.env.HARDWAY_CLOUD = path.join(directory, 'cloud');
    process.env.HARDWAY_HOST = path.join(directory, 'host');
  });
  afterEach(() => {
    for (const name of ['HARDWAY_STATE', 'HARDWAY_CACHE', 'HARDWAY_CLOUD', 'HARDWAY_HOST'])
      delete process.env[name];
    fs.rmSync(directory, { recursive: true });
  });
}

/** Returns a path in the test's directories. */
export const inPlaces = (...inside: string[]): string => path.join(directory, ...inside);

/** Runs the command line's entry point with the words after `./lab`, separated by spaces. */
export async function typed(line: string): Promise<Answer> {
  let printed = '';
  const hear = (text: unknown): boolean => {
    printed += String(text);
    return true;
  };
  const heard = [
    jest.spyOn(process.stderr, 'write').mockImplementation(hear),
    jest.spyOn(process.stdout, 'write').mockImplementation(hear),
  ];
  try {
    const code = await main(line.split(' ').filter((word) => word !== ''));
    return { code, printed: printed.trimEnd() };
  } finally {
    for (const spy of heard) spy.mockRestore();
    process.exitCode = undefined;
  }
}
