import * as fs from 'node:fs';
import { diskMistake, spaceOf } from '../disk';
import { scratch } from '../environment';
import type { Act } from './act';
import { balancerActs } from './balancers';
import { dualStackActs } from './dual-stack';
import { faultActs } from './faults';
import { killActs } from './kills';
import { endActs, lifeActs } from './life';
import { walkActs } from './walk';
import { saveJournals } from './node-logs';
import { downLeavesNothing, resources, type Stage, up } from './stage';

/** Every act of an AWS rehearsal, in order. */
export const awsActs: Act[] = [
  ...lifeActs,
  ...walkActs,
  ...balancerActs,
  ...faultActs,
  ...endActs,
  ...dualStackActs,
  ...killActs,
];

/** Acts of profile small: it has no balancer. */
export const actsOf = (profile: Stage['profile']): Act[] =>
  awsActs.filter(
    ({ name, needsBalancer }) =>
      profile === 'full' || !(needsBalancer || name.includes('LoadBalancer')),
  );

const seconds = (since: number): string => `${Math.round((Date.now() - since) / 1000)} s`;

/** State of the account before an act. */
interface Account {
  hasLab: boolean;
  /** Whether the act before failed: its lab may be broken or incomplete. */
  isDoubtful: boolean;
}

/** Returns the command that brings the account to what an act begins with; `undefined` if none is needed. */
export function preparationFor(
  { begins }: Pick<Act, 'begins'>,
  { hasLab, isDoubtful }: Account,
): 'up' | 'down' | undefined {
  if (begins !== 'with a lab' && hasLab) return 'down';
  if (begins === 'with a lab' && (!hasLab || isDoubtful)) return 'up';
  return undefined;
}

async function prepare(act: Act, stage: Stage, isDoubtful: boolean): Promise<void> {
  const command = preparationFor(act, { hasLab: resources().length > 0, isDoubtful });
  if (command === 'up') await up(stage);
  if (command === 'down') await downLeavesNothing(stage);
}

/** Plays the acts in order and prints each with its time; returns the number of those that failed. */
export async function playActs(acts: Act[], stage: Stage): Promise<number> {
  fs.mkdirSync(scratch('logs'), { recursive: true });
  let failures = 0;
  let isDoubtful = false;
  for (const act of acts) {
    const started = Date.now();
    stage.act = act.name;
    try {
      await prepare(act, stage, isDoubtful);
      await act.run(stage);
      isDoubtful = false;
      process.stdout.write(`ok    ${act.name}: ${act.title} (${seconds(started)})\n`);
    } catch (error) {
      failures += 1;
      isDoubtful = true;
      const message = (error as Error).message.replaceAll('\n', '\n      ');
      process.stdout.write(
        `FAIL  ${act.name}: ${act.title} (${seconds(started)})\n      ${message}\n`,
      );
      const mistake = diskMistake(spaceOf(scratch()), 0);
      if (mistake) process.stdout.write(`      ${mistake.replace('\n', ' ')}\n`);
      await saveJournals(act.name);
    }
  }
  return failures;
}
