import type { Command } from 'commander';
import { installCure, notUp } from '../lab/access';
import { Engine } from '../engine';
import { exitCodeOf } from '../errors';
import { differences, type LabStatus, statusOf, upRepairs } from '../lab/status';
import { labArgument, parseLab, type LabRef } from '../lab/name';
import type { NodeState } from '../actions/node-state';
import { progressOn, progressScreen } from '../ui/progress';
import { installed } from '../actions/ensure-toolchain';
import { columns, print, printJson } from '../ui/prompt';
import { textIf } from '../../util/optional';

function services(node: NodeState): string {
  if (!node.reachable || node.units.length === 0) return '-';
  return `${node.units.length - node.inactive.length} of ${node.units.length} active`;
}

function show(lab: LabRef, status: LabStatus): void {
  const name = labArgument(lab);
  if (status.state === 'down') {
    const { message, cure } = notUp(lab);
    return print(`${message} To do: ${cure}`);
  }
  if (status.state === 'partial')
    return print(
      `Lab ${status.lab} is incomplete: its last up failed. To do: ./lab up${name} continues; ./lab down${name} removes it.`,
    );
  print(
    `Lab ${status.lab} (${status.cloud}, stage ${status.stage})${textIf(status.apiServer, `, API at ${status.apiServer}`)}\n`,
  );
  print(
    columns([
      ['NAME', 'PRIVATE IP', 'PUBLIC IP', 'STATE', 'SERVICES'],
      ...status.nodes.map((node) => [
        node.name,
        node.privateIp,
        node.publicIp,
        node.reachable ? 'running' : 'no answer',
        services(node),
      ]),
    ]),
  );
  const lines = differences(status);
  if (lines.length === 0) return print('\nNo drift: everything is as declared.');
  print(`\nDrift:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  if (upRepairs(status)) print(`To do: ./lab up${name} repairs it.`);
}

async function run(name: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const lab = parseLab(name);
  // With --json, standard output holds only JSON.
  const progress = progressOn(progressScreen({ json }));
  const toolchain = await installed(installCure(lab));
  const status = await statusOf(
    await Engine.open(toolchain),
    lab,
    toolchain.kubectl,
    progress,
  ).finally(() => progress.close());
  if (json) printJson(status);
  else show(lab, status);
  process.exitCode = exitCodeOf(!status.differs);
}

export function register(program: Command): void {
  program
    .command('status [NAME]')
    .description('show nodes, addresses, services and drift; exit 0 if there is no drift')
    .option('--json', 'print one JSON object')
    .action(run);
}
