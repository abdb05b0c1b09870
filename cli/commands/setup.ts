import type { Command } from 'commander';
import { progressOn } from '../ui/progress';
import { prepare } from '../actions/prepare';
import { print } from '../ui/prompt';

async function run(): Promise<void> {
  const progress = progressOn();
  try {
    await prepare(progress);
  } finally {
    progress.close();
  }
  print('Everything that a lab is made with is there. To do: ./lab start');
}

export function register(program: Command): void {
  program
    .command('setup')
    .description(
      'install everything that a lab is made with, and make no lab: the day before a class',
    )
    .action(run);
}
