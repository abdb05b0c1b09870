import type { Command } from 'commander';
import { parseLab } from '../lab/name';
import { progressOn } from '../ui/progress';
import { takeDown } from '../actions/down';
import { confirm } from '../ui/prompt';

async function down(name: string | undefined, { yes }: { yes?: boolean }): Promise<void> {
  const lab = parseLab(name);
  await confirm(`Remove lab ${lab.stack} with everything in it?`, yes ?? false);
  const progress = progressOn();
  try {
    await takeDown(lab, progress);
  } finally {
    progress.close();
  }
}

export function register(program: Command): void {
  program
    .command('down [NAME]')
    .description('remove a lab, and make sure that no leftovers exist')
    .option('--yes', 'do not ask for confirmation')
    .action(down);
}
