import type { Command } from 'commander';
import {
  expiryOf,
  labs as labsOnMachine,
  foreignOwner,
  ownerAsText,
  nodesOf,
} from '../../provider/local';
import type { Engine, StackSummary, Snapshot } from '../engine';
import { expiryIn } from '../lab/expiry';
import { Failure, withCure } from '../errors';
import { isLab, isStackName } from '../lab/name';
import { age } from '../ui/duration';
import { engineOfStates } from '../actions/open-engine';
import { columns, print, printJson } from '../ui/prompt';
import { fieldsIf, textIf } from '../../util/optional';

interface Listed {
  name: string;
  cloud: string;
  /** stray: exists on the host, but in no state; `./lab down NAME` removes it. */
  state: 'up' | 'partial' | 'empty' | 'busy' | 'stray' | 'unreadable';
  nodes: number;
  stage?: string;
  /** ISO 8601. */
  created?: string;
  /** Expiry in UTC. Empty if the lab never expires. */
  expires?: string;
  /** Why commands can't use the lab, and what to do. */
  problem?: string;
}

const cloudOf = (stack: string): string => (isStackName(stack) ? stack.split('-')[0] : '?');

/**
 * Returns the problem of a stack that plain pulumi created under a name that commands do not
 * accept.
 */
const foreign = (name: string): Pick<Listed, 'problem'> =>
  fieldsIf(!isLab(name), {
    problem: `commands do not accept this name.\nTo do: eval "$(./lab env)"; pulumi destroy --stack ${name} --remove`,
  });

/** Returns the state of a lab. */
function stateOf({ outputs, resources }: Partial<Snapshot>, busy: boolean): Listed['state'] {
  if (busy) return 'busy';
  if (outputs) return 'up';
  return resources?.length === 0 ? 'empty' : 'partial';
}

const unreadable = (failure: Failure): Pick<Listed, 'state' | 'problem'> => ({
  state: 'unreadable',
  problem: withCure(failure),
});

/** Reads one lab from its stack. An unreadable stack is listed too. */
export async function listedStack(
  engine: Pick<Engine, 'snapshot'>,
  { name, busy }: StackSummary,
): Promise<Listed> {
  const nothing = { name, cloud: cloudOf(name), nodes: 0 };
  try {
    const snapshot: Partial<Snapshot> = (await engine.snapshot(name)) ?? {};
    const { outputs, created, resources, unreadable: failure } = snapshot;
    if (failure) return { ...nothing, created, ...unreadable(failure) };
    return {
      ...nothing,
      ...foreign(name),
      state: stateOf(snapshot, busy),
      nodes: outputs?.nodes.length ?? nodesOf(name).length,
      stage: outputs?.stage,
      created,
      expires: resources && expiryIn({ resources }),
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...nothing, ...unreadable(error) };
  }
}

/** Returns the owner of a lab of another state, as a note below the table. */
function ownerOf(name: string): Pick<Listed, 'problem'> {
  const owner = foreignOwner(name);
  if (!owner) return {};
  return { problem: `belongs to ${ownerAsText(owner)}.` };
}

/** Lists the labs of the user's states. */
async function inStates(engine: Engine): Promise<Listed[]> {
  const stacks = (await engine.stacks()).filter((stack) => isStackName(stack.name));
  return Promise.all(stacks.map((stack) => listedStack(engine, stack)));
}

/** Lists the labs of the user's states and of the host. `engine`: see `engineOfStates`. */
async function listed(engine: Engine | undefined): Promise<Listed[]> {
  const known = engine ? await inStates(engine) : [];
  const names = new Set(known.map((lab) => lab.name));
  const stray = labsOnMachine()
    .filter((name) => !names.has(name))
    .map((name): Listed => ({
      name,
      cloud: 'local',
      state: 'stray',
      nodes: nodesOf(name).length,
      expires: expiryOf(name),
      ...ownerOf(name),
    }));
  return [...known, ...stray].sort((a, b) => a.name.localeCompare(b.name));
}

async function run({ json }: { json?: boolean }): Promise<void> {
  const labs = await listed(await engineOfStates());
  if (json) return printJson(labs);
  if (labs.length === 0) return print('No labs exist. To do: ./lab start');
  print(
    columns([
      ['NAME', 'CLOUD', 'STATE', 'STAGE', 'NODES', 'AGE', 'EXPIRES'],
      ...labs.map((lab) => [
        lab.name,
        lab.cloud,
        lab.state,
        lab.stage ?? '',
        String(lab.nodes),
        age(lab.created),
        textIf(lab.expires !== undefined, lab.expires || 'never'),
      ]),
    ]),
  );
  if (labs.some(({ state }) => state === 'stray'))
    print(
      '\nstray: exists on this host, but not in this state. Another state or a killed run created it. ./lab down NAME deletes it; a lab of another state only with --take-over.',
    );
  if (labs.some(({ state }) => state === 'empty'))
    print('\nempty: a stack without resources; ./lab down NAME removes it.');
  for (const { name, state, problem } of labs)
    if (problem) print(`\n${name}${textIf(state === 'unreadable', " can't be read")}: ${problem}`);
}

export function register(program: Command): void {
  program
    .command('list')
    .description('list all labs')
    .option('--json', 'print one JSON array')
    .action(run);
}
