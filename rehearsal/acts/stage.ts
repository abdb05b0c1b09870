import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fieldsIf } from '../../util/optional';
import { readWorld, type Resource, type World } from '../data-plane/world';
import type { DownloadServer } from '../downloads/server';
import type { PublishedFile } from '../downloads/releases';
import { MIRROR } from '../downloads/server';
import { programEnvironment, scratch, USER_ADDRESSES } from '../environment';
import { poll } from '../../util/poll';
import { root } from '../../util/repo-root';

export type Profile = 'full' | 'small';

/** Result of a command line. */
export interface Typed {
  code: number;
  /** Standard output and error, in the order of their arrival. */
  output: string;
}

/** Where the acts of a rehearsal play. */
export interface Stage {
  profile: Profile;
  downloads: DownloadServer;
  published: Map<string, PublishedFile>;
  /** Name of the act that plays, for its log. */
  act: string;
}

/** Name of the rehearsal's lab. */
export const LAB = 'aws';

/** Fails an act with a message. */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** Last lines of a text, for an error message. */
export const lastLines = (text: string, count = 12): string =>
  text.trim().split('\n').slice(-count).join('\n');

/** Runs a program with the user's environment; its output goes to the act's log. */
export function type(stage: Stage, line: string[]): Promise<Typed> {
  const log = fs.createWriteStream(scratch('logs', `${stage.act}.log`), { flags: 'a' });
  log.write(`\n$ ${line.join(' ')}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(line[0], line.slice(1), {
      cwd: root,
      env: programEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => {
        output += part.toString();
        log.write(part);
      });
    child.on('error', reject);
    child.on('close', (code) => {
      log.end(`exit code ${code}\n`);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** End of each question of `./lab`. */
const QUESTION = '[y/N]';

/** Milliseconds after which a command that waits for more answers is ended. */
const PATIENCE = 10 * 60_000;

/** Runs `./lab …` on a terminal; gives each question the next answer, and the last one to all others. */
export function answerLab(stage: Stage, answers: string[], ...words: string[]): Promise<Typed> {
  const line = [path.join(root, 'lab'), ...words].join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: root,
    env: programEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: PATIENCE,
  });
  let output = '';
  let asked = 0;
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString();
    for (; asked < output.split(QUESTION).length - 1; asked++)
      child.stdin.write(`${answers[Math.min(asked, answers.length - 1)]}\n`);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      fs.appendFileSync(scratch('logs', `${stage.act}.log`), `\n$ ${line}\n${output}`);
      resolve({ code: code ?? 1, output });
    });
  });
}

export const typeLab = (stage: Stage, ...words: string[]): Promise<Typed> =>
  type(stage, [path.join(root, 'lab'), ...words]);

/** Runs `./lab …`, which must succeed; returns its output. */
export async function labSucceeds(stage: Stage, ...words: string[]): Promise<string> {
  const { code, output } = await typeLab(stage, ...words);
  check(code === 0, `./lab ${words.join(' ')} exited ${code}:\n${lastLines(output)}`);
  return output;
}

/** Settings of the rehearsal's labs, as words of `./lab up`. */
export function settings(stage: Stage, more: Record<string, string> = {}): string[] {
  const all: Record<string, string> = {
    adminCidrs: `${USER_ADDRESSES[0]}/32`,
    nodePortCidrs: `${USER_ADDRESSES[0]}/32`,
    mirror: MIRROR,
    ...fieldsIf(stage.profile === 'small', { profile: 'small' }),
    ...more,
  };
  return Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
}

export const up = (stage: Stage, more: Record<string, string> = {}, name = LAB): Promise<string> =>
  labSucceeds(stage, 'up', name, '--yes', ...settings(stage, more));

/** Runs `./lab up` on a lab that is as declared; fails if it changes anything. */
export async function upChangesNothing(
  stage: Stage,
  more: Record<string, string> = {},
): Promise<void> {
  const output = await up(stage, more);
  check(/nothing to change/.test(output), `up changed something:\n${lastLines(output)}`);
}

/** Runs all checks; fails if one fails or is skipped. */
export async function verifies(stage: Stage, name = LAB): Promise<void> {
  const { code, output } = await typeLab(stage, 'verify', name);
  let skipped = '0';
  if (stage.profile === 'small') skipped = '\\d+';
  const isClean = new RegExp(`\\d+ passed, 0 failed, ${skipped} skipped`).test(output);
  const failed = output.split('\n').filter((line) => /\b(FAIL|SKIP|skip)\b/.test(line));
  check(code === 0 && isClean, `verify exited ${code}:\n${failed.join('\n')}`);
}

/** Ids of the failed checks. */
export async function failedChecks(stage: Stage): Promise<string[]> {
  const { output } = await typeLab(stage, 'verify', LAB, '--json');
  const start = output.indexOf('{');
  const report = JSON.parse(output.slice(start, output.lastIndexOf('}') + 1)) as {
    checks: { id: string; status: string }[];
  };
  return report.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
}

/** Fails if the API still has anything after down. */
export function leavesNothing(): void {
  const left = resources();
  check(
    left.length === 0,
    `down left:\n${left.map(({ kind, id }) => `  ${kind} ${id}`).join('\n')}`,
  );
}

/** Takes a lab down; fails if the API still has anything. */
export async function downLeavesNothing(stage: Stage, name = LAB): Promise<void> {
  await labSucceeds(stage, 'down', name, '--yes');
  leavesNothing();
}

export const world = (): World => readWorld(scratch('world.json'));
export const resources = (): Resource[] => world().resources;

export const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Waits until `condition` holds; fails after `seconds`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { seconds, otherwise }: { seconds: number; otherwise: string },
): Promise<void> {
  check(await poll(condition, { limit: seconds * 1000, interval: 100 }), otherwise);
}
