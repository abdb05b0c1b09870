import * as fs from 'node:fs';
import { scratch } from '../environment';
import type { Act } from './act';
import { faultActs } from './faults';
import { killActs } from './kills';
import { endActs, lifeActs } from './life';
import { downLeavesNothing, resources, type Stage, up } from './stage';

/** Every act of an AWS rehearsal, in order. */
export const awsActs: Act[] = [...lifeActs, ...faultActs, ...endActs, ...killActs];

/** Acts of profile small: it has no balancer. */
export const actsOf = (profile: Stage['profile']): Act[] =>
  awsActs.filter(({ name }) => profile === 'full' || !name.includes('LoadBalancer'));

const seconds = (since: number): string => `${Math.round((Date.now() - since) / 1000)} s`;

/** Brings the account to what the act begins with. */
async function prepare(act: Act, stage: Stage): Promise<void> {
  const hasLab = resources().length > 0;
  if (act.begins === 'with a lab' && !hasLab) await up(stage);
  if (act.begins === 'with nothing' && hasLab) await downLeavesNothing(stage);
}

/** Plays the acts in order and prints each with its time; returns the number of those that failed. */
export async function playActs(acts: Act[], stage: Stage): Promise<number> {
  fs.mkdirSync(scratch('logs'), { recursive: true });
  let failures = 0;
  for (const act of acts) {
    const started = Date.now();
    stage.act = act.name;
    try {
      await prepare(act, stage);
      await act.run(stage);
      process.stdout.write(`ok    ${act.name}: ${act.title} (${seconds(started)})\n`);
    } catch (error) {
      failures += 1;
      const message = (error as Error).message.replaceAll('\n', '\n      ');
      process.stdout.write(
        `FAIL  ${act.name}: ${act.title} (${seconds(started)})\n      ${message}\n`,
      );
    }
  }
  return failures;
}
