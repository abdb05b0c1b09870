import type { Command } from 'commander';
import { bringUp } from '../actions/up';
import { check, showReport } from '../actions/verify';
import { Engine } from '../engine';
import { parseLab } from '../lab/name';
import { progressOn } from '../ui/progress';
import { labConfig } from '../lab/settings';
import { formatDuration, since } from '../ui/duration';
import { prepare } from '../actions/prepare';
import { print } from '../ui/prompt';
import { nextSteps } from '../ui/next-steps';

/** Goes from a host without any program to a verified lab; returns the exit code. */
async function start(name: string | undefined): Promise<number> {
  const started = Date.now();
  const lab = parseLab(name);
  const config = labConfig(lab);
  const progress = progressOn();
  try {
    const { toolchain } = await prepare(progress, { lab, config });
    const engine = await Engine.open(toolchain);
    const up = await bringUp(engine, lab, new Map(), toolchain, progress);
    const report = await check(up, toolchain.kubectl, [], progress);
    progress.close();
    print('');
    const code = showReport(report);
    print(`\n${nextSteps(lab, up)}\n\nFinished in ${formatDuration(since(started))}.`);
    return code;
  } finally {
    progress.close();
  }
}

export function register(program: Command): void {
  program
    .command('start [NAME]')
    .description('set up this host, create a lab and run the checks (npm start does this)')
    .action(async (name?: string) => void (process.exitCode = await start(name)));
}
