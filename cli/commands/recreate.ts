import type { Command } from 'commander';
import { check, showReport } from '../actions/verify';
import type { UpLab } from '../lab/access';
import { Engine } from '../engine';
import { usage } from '../errors';
import { isNodeName, labArgument, type LabRef, parseLab } from '../lab/name';
import { refuseForeign } from '../lab/ownership';
import { prepare } from '../actions/prepare';
import { type Progress, progressOn } from '../ui/progress';
import { recreate, reset } from '../actions/recreate';
import { labConfig } from '../lab/settings';
import { confirm, print } from '../ui/prompt';
import { textIf } from '../../util/optional';
import { plural } from '../../util/plural';
import { collect } from './options';
import { joinNames } from '../../util/join-names';

interface Options {
  yes?: boolean;
  node: string[];
}

/** Does `work` on a lab, then runs every check. */
async function andVerify(
  lab: LabRef,
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
  refuseForeign(lab);
  await confirm(`Recreate lab ${lab.stack}? Everything in it is lost.`, yes ?? false);
  await andVerify(lab, (engine, progress) => recreate(engine, lab, progress));
}

const names = (role: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${role}-${index}`);

function refuseMistakes(lab: LabRef, nodes: string[]): void {
  const { controllers, workers } = labConfig(lab);
  if (nodes.length === 0)
    throw usage(
      'Missing node.',
      `./lab reset${labArgument(lab)} --node worker-${workers - 1}; all of them: ./lab recreate${labArgument(lab)}`,
    );
  const there = (node: string): boolean =>
    Number(node.split('-')[1]) < (node.startsWith('controller') ? controllers : workers);
  const wrong = nodes.filter((node) => !isNodeName(node) || !there(node));
  const lost = nodes.filter((node) => node.startsWith('controller')).length;
  if (wrong.length === 0 && controllers === 3 && lost === 2) {
    throw usage(
      'Two of three controllers are the majority of etcd: the third could not accept them again.',
      'reset one, then the other; or all three, which also deletes everything in Kubernetes',
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
  refuseForeign(lab);
  refuseMistakes(lab, nodes);
  const all =
    nodes.filter((node) => node.startsWith('controller')).length === labConfig(lab).controllers;
  const etcd = textIf(all, ' Resetting all controllers deletes everything in Kubernetes.');
  await confirm(
    `Reset ${joinNames(nodes)} of lab ${lab.stack}? Everything on ${plural(nodes.length, 'it', 'them')} is lost.${etcd}`,
    yes ?? false,
  );
  await andVerify(lab, (engine, progress) => reset(engine, lab, nodes, progress));
}

export function register(program: Command): void {
  program
    .command('recreate [NAME]')
    .description(
      'recreate a lab in any state: same name, addresses and keys, new nodes; then run the checks',
    )
    .option('--yes', 'do not ask for confirmation')
    .action(runRecreate);
  program
    .command('reset [NAME]')
    .description('reset single nodes of a lab, then run the checks; other nodes are not touched')
    .option('--node <NODE>', 'node to reset, repeatable: worker-1', collect, [])
    .option('--yes', 'do not ask for confirmation')
    .action(runReset);
}
