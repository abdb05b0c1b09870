import * as fs from 'node:fs';
import type { Act } from './act';
import { check, downLeavesNothing, LAB, settings, type Stage, typeLab, until, up } from './stage';
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

/** Ids of the engine's processes. /proc shows the rehearsal's own processes only. */
const engines = (): number[] =>
  fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'pulumi';
      } catch {
        return false;
      }
    })
    .map(Number);

/** Kills the engine as soon as the API got the call `at`, and waits until the command has ended. */
async function killAt(stage: Stage, at: string, ...words: string[]): Promise<void> {
  const start = callCount();
  const command = typeLab(stage, ...words);
  await until(() => callsSince(start).includes(at), {
    seconds: 300,
    otherwise: `${words[0]} never called ${at}`,
  });
  for (const pid of engines()) process.kill(pid, 'SIGKILL');
  const { code } = await command;
  check(code !== 0, `./lab ${words[0]} exited 0 although its engine was killed`);
}

const killedUp = (at: string, more: Record<string, string>): Act => ({
  name: `kill-up-${at}`,
  title: `recovers from an engine that was killed in up, at ${at}`,
  begins: 'with nothing',
  async run(stage) {
    await killAt(stage, at, 'up', LAB, '--yes', ...settings(stage, more));
    await up(stage, more);
    await downLeavesNothing(stage);
  },
});

const killedDown = (at: string): Act => ({
  name: `kill-down-${at}`,
  title: `recovers from an engine that was killed in down, at ${at}`,
  begins: 'with nothing',
  async run(stage) {
    await up(stage, { stage: 'none' });
    await killAt(stage, at, 'down', LAB, '--yes');
    await up(stage, { stage: 'none' });
    await downLeavesNothing(stage);
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
