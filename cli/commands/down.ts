import type { Command } from 'commander';
import type { Owner } from '../../provider/local';
import { type LabRef, parseLab } from '../lab/name';
import { progressOn } from '../ui/progress';
import { lostCheckpoints } from '../actions/checkpoints';
import { takeDown } from '../actions/down';
import { takeOver } from '../actions/take-over';
import { ownerElsewhere, refuseForeign, takeOverQuestion } from '../lab/ownership';
import { confirm } from '../ui/prompt';

interface Options {
  yes?: boolean;
  takeOver?: boolean;
}

function questionAbout(lab: LabRef, owner: Owner | undefined): string {
  if (owner) return takeOverQuestion(lab, owner);
  return `Remove lab ${lab.stack} with everything in it${lostCheckpoints(lab)}?`;
}

async function down(name: string | undefined, options: Options): Promise<void> {
  const lab = parseLab(name);
  if (!options.takeOver) refuseForeign(lab);
  const owner = ownerElsewhere(lab);
  await confirm(questionAbout(lab, owner), options.yes ?? false);
  const progress = progressOn();
  try {
    if (owner) await takeOver(lab, progress);
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
    .option('--take-over', 'also if the lab belongs to another state; all work in it is lost')
    .action(down);
}
