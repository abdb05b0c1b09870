import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import * as fs from 'node:fs';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { run } from '../shared/command';
import { diskExists, diskIsOf, makeDisk, removeDisk, type DiskContent } from './disk';
import { processesOf } from '../shared/cgroups';
import { isRunning, startMachine, stopMachine, type MachineProcess } from './node-process';
import { namespaceExists, namespaceOf } from '../shared/names';
import { attach, detach, portTrouble, type Port } from './nic';
import { troubledDifference, type Troubled } from '../shared/drift';

export interface InstanceInputs extends Port, DiskContent, MachineProcess {
  /** Another one exactly when the machine is another machine. */
  generation: string;
}

interface InstanceState extends InstanceInputs, Troubled {}

/** Linux names an interface in 15 bytes, and a port is called like its machine. */
const LONGEST_NAME = 15;

function mistakes(news: Partial<InstanceInputs>): Failure[] {
  const failures: Failure[] = [];
  if ((news.name ?? '').length > LONGEST_NAME)
    failures.push({
      property: 'name',
      reason: `"${news.name}" is longer than ${LONGEST_NAME} characters`,
    });
  for (const property of ['tree', 'store'] as const) {
    const directory = news[property];
    if (directory && !fs.existsSync(path.join(directory)))
      failures.push({
        property,
        reason: `${directory} is not there: run ./lab start, which makes it`,
      });
  }
  return failures;
}

async function trouble(state: InstanceState): Promise<string> {
  const [port, running] = await Promise.all([portTrouble(state), isRunning(state.lab, state.name)]);
  const stopped = (): string =>
    processesOf(state.lab, state.name).length > 0
      ? 'systemd-nspawn, which it runs in, has ended, though its processes live on'
      : 'it does not run';
  return [...(running ? [] : [stopped()]), ...(port ? [port] : [])].join('; ');
}

/** Brings the machine to life from whatever is there. */
async function ensure(inputs: InstanceInputs): Promise<void> {
  const { lab, name } = inputs;
  const namespace = namespaceOf(lab, name);
  const runs = (await isRunning(lab, name)) && namespaceExists(namespace);
  if (!runs) {
    // A namespace that was deleted lives on inside the machine's processes, where nothing can reach it. One that is there
    // holds what a former machine's kernel knew: its rules, its bridge, and which MAC had the address of a pod that is gone.
    await stopMachine(lab, name);
    if (namespaceExists(namespace)) await run('ip', ['netns', 'del', namespace]);
  }
  await attach(inputs);
  if (!runs) await startMachine(inputs);
}

/** A machine: six of them are the article's nodes. */
export const instanceKind: ResourceKind<InstanceInputs, InstanceState> = {
  secrets: ['hostPrivateKey'],
  async check(news, olds) {
    return {
      inputs: { ...news, generation: olds?.generation ?? randomBytes(8).toString('hex') },
      failures: mistakes(news),
    };
  },
  async diff(olds, news, unknown) {
    return troubledDifference(olds, news, unknown, (input) => input === 'canIpForward');
  },
  async create(inputs) {
    // What still runs on a disk that was deleted holds none of what the new one is for.
    if (!diskIsOf(inputs)) await stopMachine(inputs.lab, inputs.name);
    makeDisk(inputs);
    await ensure(inputs);
    return { id: `${inputs.lab}/${inputs.name}`, state: { ...inputs, trouble: '' } };
  },
  async read(_id, state) {
    if (!diskExists(state.lab, state.name)) return undefined;
    return { ...state, trouble: await trouble(state) };
  },
  async update(_id, _olds, news) {
    await ensure(news);
    return { ...news, trouble: '' };
  },
  async delete(_id, state) {
    await stopMachine(state.lab, state.name);
    await detach(state);
    removeDisk(state.lab, state.name);
  },
};
