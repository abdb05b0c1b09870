import type { Command } from 'commander';
import { parseLab } from '../names';
import { progressOn } from '../progress';
import { takeDown } from '../take-down';
import { confirm } from '../terminal';

async function down(name: string | undefined, { yes }: { yes?: boolean }): Promise<void> {
  const lab = parseLab(name);
  await confirm(`Remove lab ${lab.stack} with all that is in it?`, yes ?? false);
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
    .description('remove a lab, and make sure that nothing of it is left')
    .option('--yes', 'do not ask')
    .action(down);
}
