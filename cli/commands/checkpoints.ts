import type { Command } from 'commander';
import { checkpointsOf, readManifest } from '../../provider/local';
import {
  checkpointOf,
  type CheckpointTools,
  deleteCheckpoint,
  restore,
  save,
} from '../actions/checkpoints';
import { installed } from '../actions/ensure-toolchain';
import { formatBytes } from '../doctor/disk';
import { Engine } from '../engine';
import { usage } from '../errors';
import { checkLabel, parseLabelled, refuseCloud } from '../lab/checkpoint-label';
import { installCure } from '../lab/access';
import { labArgument, type LabRef, parseLab } from '../lab/name';
import { refuseForeign } from '../lab/ownership';
import { age, formatDuration, since } from '../ui/duration';
import { type Progress, progressOn } from '../ui/progress';
import { columns, confirm, print, printJson } from '../ui/prompt';

/** Opens the programs, does `work` with progress output and closes it. */
async function withTools<T>(lab: LabRef, work: (tools: CheckpointTools) => Promise<T>): Promise<T> {
  const toolchain = await installed(installCure(lab));
  const progress: Progress = progressOn();
  try {
    const engine = await Engine.open(toolchain);
    return await work({ engine, kubectl: toolchain.kubectl, progress });
  } finally {
    progress.close();
  }
}

async function runSave(words: string[], { yes }: { yes?: boolean }): Promise<void> {
  const labelled = parseLabelled('save', words);
  const { lab, label } = labelled;
  refuseCloud(lab);
  refuseForeign(lab);
  if (readManifest(lab.stack, label))
    await confirm(
      `Replace checkpoint ${label} of lab ${lab.stack}? Its old content is lost.`,
      yes ?? false,
    );
  const { manifest, paused } = await withTools(labelled.lab, (tools) => save(labelled, tools));
  print(
    `Checkpoint ${label} of lab ${lab.stack} is saved: ${formatBytes(manifest.bytes)}, lab paused for ${formatDuration(paused)}.`,
  );
  print(`./lab restore${labArgument(lab)} ${label} returns to it.`);
}

async function runRestore(words: string[], { yes }: { yes?: boolean }): Promise<void> {
  const labelled = parseLabelled('restore', words);
  const { lab, label } = labelled;
  refuseCloud(lab);
  refuseForeign(lab);
  const { saved } = checkpointOf(labelled);
  await confirm(
    `Restore lab ${lab.stack} to checkpoint ${label}, saved ${saved}? All later work in it is lost.`,
    yes ?? false,
  );
  const started = Date.now();
  await withTools(labelled.lab, (tools) => restore(labelled, tools));
  print(
    `Lab ${lab.stack} is restored to checkpoint ${label}, in ${formatDuration(since(started))}.`,
  );
}

interface ListOptions {
  json?: boolean;
  delete?: string;
  yes?: boolean;
}

async function runDelete(name: string | undefined, label: string, yes: boolean): Promise<void> {
  const lab = parseLab(name);
  checkLabel(label);
  refuseForeign(lab);
  checkpointOf({ lab, label });
  await confirm(`Delete checkpoint ${label} of lab ${lab.stack}?`, yes);
  const progress = progressOn();
  await deleteCheckpoint({ lab, label }, progress).finally(() => progress.close());
  print(`Checkpoint ${label} of lab ${lab.stack} is deleted.`);
}

async function runList(name: string | undefined, options: ListOptions): Promise<void> {
  const lab = parseLab(name);
  refuseCloud(lab);
  if (options.delete !== undefined) {
    if (options.json) throw usage('--delete and --json exclude each other.');
    return runDelete(name, options.delete, options.yes ?? false);
  }
  const found = checkpointsOf(lab.stack);
  if (options.json)
    return printJson(found.map(({ label, saved, bytes }) => ({ label, saved, bytes })));
  if (found.length === 0)
    return print(
      `Lab ${lab.stack} has no checkpoints. To do: ./lab save${labArgument(lab)} LABEL saves one`,
    );
  print(
    columns([
      ['LABEL', 'AGE', 'SIZE'],
      ...found.map(({ label, saved, bytes }) => [label, age(saved), formatBytes(bytes)]),
    ]),
  );
}

export function register(program: Command): void {
  program
    .command('save')
    .usage('[options] [NAME] LABEL')
    .argument('[WORDS...]', 'NAME (optional), and a label for the checkpoint')
    .description("save a checkpoint of a local lab: its nodes' disks and its router's state")
    .option('--yes', 'replace a checkpoint of this label without asking')
    .action(runSave);
  program
    .command('restore')
    .usage('[options] [NAME] LABEL')
    .argument('[WORDS...]', 'NAME (optional), and the label of a checkpoint')
    .description('return a local lab to a checkpoint; all later work in it is lost')
    .option('--yes', 'do not ask for confirmation')
    .action(runRestore);
  program
    .command('checkpoints [NAME]')
    .description('list the checkpoints of a local lab')
    .option('--json', 'print one JSON array')
    .option('--delete <LABEL>', 'delete one checkpoint')
    .option('--yes', 'do not ask for confirmation')
    .action(runList);
}
