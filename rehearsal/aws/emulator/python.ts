import * as fs from 'node:fs';
import * as path from 'node:path';
import { artifactPath, logFile, shortDigest } from '../../../toolchain/artifact-store';
import { runOrThrow } from '../../../toolchain/run';
import { root } from '../../../util/repo-root';

/**
 * Returns the Python of an environment with moto, in the cache; installs it if it is missing. The
 * environment is made in its final place, because its programs name that path. Callers hold the
 * cache's lock.
 */
export async function emulatorPython(tell: (line: string) => void): Promise<string> {
  const requirements = path.join(root, 'rehearsal/aws/emulator/requirements.txt');
  const place = artifactPath('rehearsal', `moto-${shortDigest([fs.readFileSync(requirements)])}`);
  // Written last: an interrupted installation is repeated.
  const complete = path.join(place, 'whole');
  if (!fs.existsSync(complete)) {
    tell('Installing moto');
    const log = logFile('moto');
    const venv = ['-m', 'venv', '--clear', place];
    await runOrThrow('making a Python environment', 'python3', venv, { log });
    const words = ['install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    await runOrThrow('installing moto', path.join(place, 'bin/pip'), words, { log });
    fs.writeFileSync(complete, '');
  }
  return path.join(place, 'bin/python');
}
