import type { Command } from 'commander';
import { check, showReport } from '../actions/verify';
import type { UpLab } from '../lab/access';
import { Engine } from '../engine';
import { usage } from '../errors';
import { isNodeName, labArgument, type Lab, parseLab } from '../lab/name';
import { prepare } from '../actions/prepare';
import { type Progress, progressOn } from '../ui/progress';
import { recreate, reset } from '../actions/recreate';
import { labConfig } from '../lab/settings';
import { collect, confirm, print } from '../ui/prompt';

interface Options {
  yes?: boolean;
  node: string[];
}

/** Does `work` on a lab, then runs every check. */
async function andVerify(
  lab: Lab,
  work: (engine: Engine, progress: Progress) => Promise<UpLab>,
): Promise<void> {
  const progress = progressOn();
  try {
    const { toolchain } = await prepare(progress, { lab, config: labConfig(lab) });
    const up = await work(await Engine.open(toolchain), progress);
    const report = await check(up, toolchain.kubectl, [], progress);
    progress.close();
    print('');
    process.exitCode = showReport(report);
  } finally {
    progress.close();
  }
}

async function runRecreate(name: string | undefined, { yes }: Options): Promise<void> {
  const lab = parseLab(name);
  await confirm(`Make lab ${lab.stack} anew? All that was done in it is lost.`, yes ?? false);
  await andVerify(lab, (engine, progress) => recreate(engine, lab, progress));
}

const names = (role: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${role}-${index}`);

function refuseMistakes(lab: Lab, nodes: string[]): void {
  const { controllers, workers } = labConfig(lab);
  if (nodes.length === 0)
    throw usage(
      'Which machine?',
      `./lab reset${labArgument(lab)} --node worker-${workers - 1}; all of them: ./lab recreate${labArgument(lab)}`,
    );
  const there = (node: string): boolean =>
    Number(node.split('-')[1]) < (node.startsWith('controller') ? controllers : workers);
  const wrong = nodes.filter((node) => !isNodeName(node) || !there(node));
  const lost = nodes.filter((node) => node.startsWith('controller')).length;
  if (wrong.length === 0 && controllers === 3 && lost === 2) {
    throw usage(
      'Of three controllers two are the majority of etcd: the third could not take them in again.',
      'one of them, then the other; or all three, and everything in Kubernetes is made anew',
    );
  }
  if (wrong.length > 0)
    throw usage(
      `Lab ${lab.stack} has no ${wrong.join(' and no ')}.`,
      `it has ${[...names('controller', controllers), ...names('worker', workers)].join(', ')}`,
    );
}

async function runReset(name: string | undefined, { yes, node }: Options): Promise<void> {
  const lab = parseLab(name);
  const nodes = [...new Set(node)];
  refuseMistakes(lab, nodes);
  const all =
    nodes.filter((node) => node.startsWith('controller')).length === labConfig(lab).controllers;
  const etcd = all ? ' With all controllers goes everything that was made in Kubernetes.' : '';
  await confirm(
    `Make ${nodes.join(' and ')} of lab ${lab.stack} anew? What was done there is lost.${etcd}`,
    yes ?? false,
  );
  await andVerify(lab, (engine, progress) => reset(engine, lab, nodes, progress));
}

export function register(program: Command): void {
  program
    .command('recreate [NAME]')
    .description(
      'make a lab anew, whatever became of it: same name, addresses and keys, new machines; ends verified',
    )
    .option('--yes', 'do not ask')
    .action(runRecreate);
  program
    .command('reset [NAME]')
    .description('make single machines of a lab anew, and verify it; the others are not touched')
    .option('--node <NODE>', 'which, repeatable: worker-1', collect, [])
    .option('--yes', 'do not ask')
    .action(runReset);
}
