/** Prepares a rehearsal, with the network, and runs it in namespaces without one. bin/rehearse starts it. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ToolchainError } from '../toolchain';
import { cacheDirectory } from '../util/directories';
import { endsWithParent } from '../util/ends-with-parent';
import { root } from '../util/repo-root';
import { diskMistake, spaceOf } from './disk';
import { scratch } from './environment';
import { EXIT, type Options, readOptions, Refusal } from './options';
import { prepareParts } from './prepare';
import { sweep } from './sweep';

/** Prints how to get into the rehearsal's namespaces: a shell there has the lab before it. */
function printWayIn(unshare: number): void {
  const children = `/proc/${unshare}/task/${unshare}/children`;
  const [first] = fs.readFileSync(children, 'utf8').split(' ');
  process.stdout.write(
    `To look inside: sudo nsenter --target ${first} --net --mount --pid --root --wd\n`,
  );
}

/** Runs the acts in namespaces that end with this process. */
function runInside({ profile, keep, only }: Options): Promise<number> {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  let end = 'end';
  if (keep) end = 'keep';
  const words = [profile, end, ...only];
  const inside = [path.join(root, 'rehearsal/inside.sh'), root, scratch(), ...words];
  const [program, ...args] = endsWithParent(['unshare', ...namespaces, ...inside]);
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, HARDWAY_CACHE: cacheDirectory() },
  });
  if (keep) setTimeout(() => printWayIn(child.pid!), 2000);
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? EXIT.failed)));
}

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stdout.write(`${options}\n`);
    return 0;
  }
  if (process.env.REHEARSAL_BUSY)
    throw new Refusal('Another rehearsal runs on this host. Wait until it ends.', EXIT.impossible);
  await sweep();
  fs.mkdirSync(scratch(), { recursive: true, mode: 0o700 });
  const mistake = diskMistake(spaceOf(scratch()));
  if (mistake) throw new Refusal(`${mistake} Directory: ${scratch()}`, EXIT.impossible);
  const parts = await prepareParts((line) => process.stdout.write(`${line}\n`));
  fs.writeFileSync(scratch('parts.json'), JSON.stringify(parts), { mode: 0o600 });
  const code = await runInside(options);
  // The logs of the acts are kept only if an act failed.
  if (code === 0) await sweep();
  else process.stdout.write(`Logs: ${scratch('logs')}\n`);
  return code;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    const known = error instanceof Refusal || error instanceof ToolchainError;
    if (known) process.stderr.write(`rehearse: ${error.message}\n`);
    else process.stderr.write(`rehearse: ${error.stack}\n`);
    if (error instanceof Refusal) process.exit(error.code);
    process.exit(EXIT.impossible);
  },
);
