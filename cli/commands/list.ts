import type { Command } from 'commander';
import { labs as labsOnMachine } from '../../provider/local/slots';
import { Engine } from '../engine';
import { isStackName } from '../names';
import { installed } from '../set-up';
import { columns, print, printJson } from '../terminal';

interface Listed {
  name: string;
  cloud: string;
  /** stray: on this machine, but in no state; `lab down NAME` removes it. */
  state: 'up' | 'partial' | 'busy' | 'stray';
  nodes: number;
  stage?: string;
  /** ISO 8601. */
  created?: string;
}

/** `3 h`, `2 d`: how long ago that was. */
export function age(created: string | undefined, now = Date.now()): string {
  if (!created) return '';
  const minutes = Math.max(0, Math.floor((now - Date.parse(created)) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

const cloudOf = (stack: string): string => (isStackName(stack) ? stack.split('-')[0] : '?');

async function listed(engine: Engine): Promise<Listed[]> {
  const stacks = (await engine.stacks()).filter((stack) => isStackName(stack.name));
  const known = await Promise.all(stacks.map(async ({ name, busy }): Promise<Listed> => {
    const snapshot = await engine.snapshot(name);
    const outputs = snapshot?.outputs;
    const state = busy ? 'busy' : outputs ? 'up' : 'partial';
    return { name, cloud: cloudOf(name), state, nodes: outputs?.nodes.length ?? 0, stage: outputs?.stage, created: snapshot?.created };
  }));
  const names = new Set(known.map((lab) => lab.name));
  const stray = labsOnMachine().filter((name) => !names.has(name)).map((name): Listed => ({ name, cloud: 'local', state: 'stray', nodes: 0 }));
  return [...known, ...stray].sort((a, b) => a.name.localeCompare(b.name));
}

async function run({ json }: { json?: boolean }): Promise<void> {
  const labs = await listed(await Engine.open(await installed()));
  if (json) return printJson(labs);
  if (labs.length === 0) return print('There is no lab. To do: ./lab start');
  print(columns([
    ['NAME', 'CLOUD', 'STATE', 'STAGE', 'NODES', 'AGE'],
    ...labs.map((lab) => [lab.name, lab.cloud, lab.state, lab.stage ?? '', String(lab.nodes), age(lab.created)]),
  ]));
}

export function register(program: Command): void {
  program.command('list').description('all labs').option('--json', 'print one JSON array').action(run);
}
