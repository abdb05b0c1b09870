import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { root } from '../../util/repo-root';
import type { DownloadServer } from '../downloads/server';
import { programEnvironment, scratch } from '../environment';

/** Runs a program as the user would; its output goes to a log, and to the screen. */
export function type(line: string[], log: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(line[0], line.slice(1), {
      cwd: root,
      env: programEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const file = fs.createWriteStream(scratch(log), { flags: 'a' });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => {
        file.write(part);
        process.stdout.write(part);
      });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

export async function runActs(args: string[], _downloads: DownloadServer): Promise<number> {
  const set = [
    ...['--set', 'adminCidrs=203.0.113.1/32', '--set', 'nodePortCidrs=203.0.113.1/32'],
    ...['--set', 'mirror=https://mirror.rehearsal'],
    ...args.slice(1).flatMap((one) => ['--set', one]),
  ];
  console.log('up', await type(['./lab', 'up', 'aws', '--yes', ...set], 'up.log'));
  console.log('verify', await type(['./lab', 'verify', 'aws'], 'verify.log'));
  if (process.env.REHEARSAL_SHELL) await type(['sleep', '100000'], 'shell.log');
  console.log('down', await type(['./lab', 'down', 'aws'], 'down.log'));
  return 0;
}
