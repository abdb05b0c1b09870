import type { Command } from 'commander';
import { progressOn } from '../ui/progress';
import { prepare } from '../actions/prepare';
import { setUpTools } from '../actions/ensure-toolchain';
import { print } from '../ui/prompt';
import { cloudOption } from './options';

async function run({ cloud }: { cloud?: string }): Promise<void> {
  const progress = progressOn();
  try {
    if (cloud) await setUpTools(progress);
    else await prepare(progress);
  } finally {
    progress.close();
  }
  print(`All programs of a lab are installed. To do: ./lab ${cloud ? `up ${cloud}` : 'start'}`);
}

export function register(program: Command): void {
  program
    .command('setup')
    .description(
      'install all programs of a lab without creating one, such as the day before a class',
    )
    .addOption(cloudOption('install only the programs for labs in this cloud, without root'))
    .action(run);
}
