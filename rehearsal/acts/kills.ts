import * as fs from 'node:fs';
import type { Act } from './act';
import {
  check,
  downLeavesNothing,
  LAB,
  lastLines,
  leavesNothing,
  resources,
  settings,
  type Stage,
  type Typed,
  typeLab,
  until,
  up,
} from './stage';
import { scratch } from '../environment';

/** Calls that the emulated API got since `start`. */
function callsSince(start: number): string[] {
  return fs
    .readFileSync(scratch('calls.log'), 'utf8')
    .split('\n')
    .slice(start)
    .flatMap((line) => /"action": "(\w+)"/.exec(line)?.[1] ?? []);
}

const callCount = (): number =>
  fs.readFileSync(scratch('calls.log'), 'utf8').split('\n').length - 1;

/**
 * Ids of the processes with a matching `file` in /proc, which shows the rehearsal's own processes
 * only.
 */
export const processes = (file: 'comm' | 'cmdline', pattern: RegExp): number[] =>
  fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return pattern.test(fs.readFileSync(`/proc/${pid}/${file}`, 'utf8').trim());
      } catch {
        return false;
      }
    })
    .map(Number);

const engines = (): number[] => processes('comm', /^pulumi$/);

/** The command itself and its engine. The command is first: it would start another engine. */
const commandAndEngines = (word: string): number[] => [
  ...processes('cmdline', new RegExp(`\\0${word}\\0${LAB}\\0`)),
  ...engines(),
];

/** Kills processes as soon as the API got the call `at`; returns the result of the command. */
async function killAt(
  stage: Stage,
  { at, victims, words }: { at: string; victims: () => number[]; words: string[] },
): Promise<Typed> {
  const start = callCount();
  const command = typeLab(stage, ...words);
  await until(() => callsSince(start).includes(at), {
    seconds: 300,
    otherwise: `${words[0]} never called ${at}`,
  });
  const found = victims();
  check(found.length > 0, `no process of ${words[0]} runs at ${at}`);
  for (const pid of found) process.kill(pid, 'SIGKILL');
  return command;
}

const killedUp = (at: string, more: Record<string, string>): Act => ({
  name: `kill-up-${at}`,
  title: `recovers from an engine that was killed in up, at ${at}`,
  begins: 'with nothing',
  async run(stage) {
    const words = ['up', LAB, '--yes', ...settings(stage, more)];
    const { code } = await killAt(stage, { at, victims: engines, words });
    check(code !== 0, '`./lab up` exited 0 although its engine was killed');
    await up(stage, more);
    await downLeavesNothing(stage);
  },
});

/** Kills the command and its engine: up goes on. Then kills the engine alone: down goes on. */
const killedDown = (at: string): Act => ({
  name: `kill-down-${at}`,
  title: `recovers from a command, then from an engine, that was killed in down, at ${at}`,
  begins: 'with nothing',
  async run(stage) {
    const words = ['down', LAB, '--yes'];
    await up(stage, { stage: 'none' });
    const killed = await killAt(stage, { at, victims: () => commandAndEngines('down'), words });
    check(killed.code !== 0, '`./lab down` exited 0 although it was killed');
    check(resources().length > 0, '`./lab down` was killed too late: nothing is left');
    await up(stage, { stage: 'none' });
    const { code, output } = await killAt(stage, { at, victims: engines, words });
    check(code === 0, `./lab down does not go on after its engine:\n${lastLines(output)}`);
    check(output.includes('was killed'), `./lab down reports no killed engine:\n${output}`);
    leavesNothing();
  },
});

/** Five points of up and two of down. Without a cluster, where the point comes before bootstrap. */
export const killActs: Act[] = [
  killedUp('CreateVpc', { stage: 'none' }),
  killedUp('CreateSecurityGroup', { stage: 'none' }),
  killedUp('RunInstances', { stage: 'none' }),
  killedUp('CreateLoadBalancer', { stage: 'none' }),
  killedUp('CreateRoute', {}),
  killedDown('TerminateInstances'),
  killedDown('DeleteSubnet'),
];
