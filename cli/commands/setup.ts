import type { Command } from 'commander';
import { progressOn } from '../ui/progress';
import { usage } from '../errors';
import { prepare } from '../actions/prepare';
import { setUpTools } from '../actions/ensure-toolchain';
import { print } from '../ui/prompt';

async function run({ cloud }: { cloud?: string }): Promise<void> {
  if (cloud !== undefined && cloud !== 'aws' && cloud !== 'gcp')
    throw usage(`--cloud ${cloud}: not one of aws, gcp`, './lab setup alone, for local labs');
  const progress = progressOn();
  try {
    if (cloud) await setUpTools(progress);
    else await prepare(progress);
  } finally {
    progress.close();
  }
  print(
    `Everything that a lab is made with is installed. To do: ./lab ${cloud ? `up ${cloud}` : 'start'}`,
  );
}

export function register(program: Command): void {
  program
    .command('setup')
    .description(
      'install everything that a lab is made with, and make no lab: the day before a class',
    )
    .option('--cloud <CLOUD>', 'only what labs in clouds need on this host, without root: aws, gcp')
    .action(run);
}
