import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { emulatorPython } from '../../rehearsal/aws/emulator/python';
import { cachePath } from '../../toolchain/cache';
import { withLock } from '../../toolchain/lock';

/** A server of moto on a free port of the loopback interface. */
export interface MotoServer {
  url: string;
  stop(): Promise<void>;
}

/** Returns the port that a server prints when it listens. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (part: Buffer): void => {
      output += part.toString();
      const [, port] = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(output) ?? [];
      if (port) resolve(port);
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`moto ended (${code}): ${output}`)));
  });
}

/** Starts a server in the Python environment of the rehearsal; `words` follow `python`. */
export async function startMoto(words: (bin: string) => string[]): Promise<MotoServer> {
  const python = await withLock(
    cachePath('lock'),
    'preparing a test',
    () => undefined,
    () => emulatorPython(() => undefined),
  );
  const child = spawn(python, words(path.dirname(python)), { stdio: ['ignore', 'pipe', 'pipe'] });
  const port = await listening(child);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.kill();
      await ended;
    },
  };
}
