import * as fs from 'node:fs';
import * as path from 'node:path';
import { stateDirectory } from '../../util/directories';

/** Creates the state directory. Only its owner can read it. */
export function prepareState(): string {
  const directory = stateDirectory();
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  fs.chmodSync(directory, 0o700);
  return directory;
}

/** Returns the directory of the default file backend, which may not exist yet. */
export const backendDirectory = (): string => path.join(stateDirectory(), 'backend');

/**
 * Returns the URL of the default file backend. Metadata files are off: the engine writes them in
 * place, and a killed engine leaves a partial file that no engine can read.
 */
export const fileBackend = (): string => `file://${backendDirectory()}?metadata=skip`;
