import type { Command } from 'commander';
import { upLab, withAccess } from '../connect';
import { driftOf } from '../drift';
import { Engine } from '../engine';
import { EXIT } from '../failure';
import { labArgument, parseLab, type Lab } from '../names';
import { type NodeState, nodeStates } from '../node-state';
import { progressOn, type Progress } from '../progress';
import { isReal, resourceTitle } from '../resources';
import { installed } from '../set-up';
import { columns, print, printJson } from '../terminal';

interface LabStatus {
  lab: string;
  cloud: string;
  /** down: there is no such lab; partial: an `up` did not end well; up: all was made. */
  state: 'down' | 'partial' | 'up';
  stage?: string;
  apiServer?: string;
  nodes: NodeState[];
  /** What the cloud has otherwise than declared, in words. */
  drift: { resource: string; state: string }[];
  /** Whether `lab up` has something to mend. */
  differs: boolean;
}

/** Shows that `work` is under way for as long as it is. */
async function during<T>(progress: Progress, title: string, work: Promise<T>): Promise<T> {
  const step = progress.begin(title);
  try {
    const result = await work;
    step.done();
    return result;
  } catch (error) {
    step.failed();
    throw error;
  }
}

async function statusOf(lab: Lab, progress: Progress): Promise<LabStatus> {
  const toolchain = await installed();
  const engine = await Engine.open(toolchain);
  const snapshot = await during(progress, `Lab ${lab.stack}: reading its state`, engine.snapshot(lab.stack));
  const up = await upLab(lab, snapshot);
  const nothing = { lab: lab.stack, cloud: lab.cloud, nodes: [], drift: [] };
  if (!snapshot || !up) return { ...nothing, state: (snapshot?.resources.length ?? 0) > 1 ? 'partial' : 'down', differs: true };
  const [nodes, drift] = await Promise.all([
    during(progress, 'Looking at files and services on the nodes', withAccess(up, toolchain.kubectl, nodeStates)),
    during(progress, 'Comparing what there is with what is declared', driftOf(engine, lab, snapshot)),
  ]);
  const found = [...drift].filter(([urn]) => isReal(urn)).map(([urn, state]) => ({ resource: resourceTitle(urn), state }));
  const { stage, apiServer } = up.outputs;
  const differs = found.length > 0 || nodes.some((node) => node.problem || node.edited.length + node.inactive.length + node.undone.length > 0);
  return { ...nothing, state: 'up', stage, apiServer, nodes, drift: found, differs };
}

function services(node: NodeState): string {
  if (!node.reachable || node.units.length === 0) return '-';
  return `${node.units.length - node.inactive.length} of ${node.units.length} active`;
}

function differences({ nodes, drift }: LabStatus): string[] {
  return [
    ...drift.map(({ resource, state }) => `${resource}: ${state}`),
    ...nodes.flatMap((node) => [
      ...(node.problem ? [`${node.name}: ${node.problem}`] : []),
      ...node.edited.map((file) => `${node.name}: ${file.path} was ${file.state === 'changed' ? 'edited' : 'removed'} (step ${file.step})`),
      ...node.inactive.map((unit) => `${node.name}: service ${unit.unit} is ${unit.active}`),
      ...node.undone.map((step) => `${node.name}: step ${step} is not done`),
    ]),
  ];
}

function show(lab: Lab, status: LabStatus): void {
  const name = labArgument(lab);
  if (status.state === 'down') return print(`Lab ${status.lab} is not up. To do: ./lab up${name}`);
  if (status.state === 'partial') return print(`Lab ${status.lab} was not brought up whole. To do: ./lab up${name} goes on; ./lab down${name} removes it.`);
  print(`Lab ${status.lab} (${status.cloud}, stage ${status.stage})${status.apiServer ? `, API at ${status.apiServer}` : ''}\n`);
  print(columns([
    ['NAME', 'PRIVATE IP', 'PUBLIC IP', 'STATE', 'SERVICES'],
    ...status.nodes.map((node) => [node.name, node.privateIp, node.publicIp, node.reachable ? 'running' : 'no answer', services(node)]),
  ]));
  const lines = differences(status);
  if (lines.length === 0) return print('\nAll is as declared.');
  print(`\nNot as declared:\n${lines.map((line) => `  ${line}`).join('\n')}\nTo do: ./lab up${name} makes it so again.`);
}

async function run(name: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const lab = parseLab(name);
  // With --json, standard output is for a program.
  const progress = progressOn(json ? process.stderr : process.stdout);
  const status = await statusOf(lab, progress).finally(() => progress.close());
  if (json) printJson(status);
  else show(lab, status);
  process.exitCode = status.differs ? EXIT.failed : EXIT.well;
}

export function register(program: Command): void {
  program
    .command('status [NAME]')
    .description('machines, addresses, services, and what is not as it was declared; exit 0 if nothing differs')
    .option('--json', 'print one JSON object')
    .action(run);
}
