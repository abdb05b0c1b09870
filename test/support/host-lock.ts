import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How a test file uses the host: together with other files, or alone. */
export type HostUse = 'shared' | 'exclusive';

/**
 * Waits until a test file may use the host, and returns a function that ends its use. `file` is
 * locked by a process that ends with this process, because its standard input then ends.
 */
export async function takeHost(file: string, use: HostUse): Promise<() => Promise<void>> {
  const hold = ['sh', '-c', 'echo held; exec cat > /dev/null'];
  const holder = spawn('flock', [`--${use}`, file, ...hold], {
    stdio: 'pipe',
  });
  let errors = '';
  holder.stderr.on('data', (text) => (errors += String(text)));
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.once('error', reject);
    holder.once('close', (code) => reject(new Error(`flock exited ${code}: ${errors}`)));
  });
  return async () => {
    const ended = once(holder, 'exit');
    holder.stdin.end();
    await ended;
  };
}
