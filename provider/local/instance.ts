import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import * as fs from 'node:fs';
import { changedInputs } from '../difference';
import type { Failure, ResourceKind } from '../resource';
import { diskExists, makeDisk, removeDisk, type DiskContent } from './disk';
import { isRunning, startMachine, stopMachine, type MachineProcess } from './machine';
import { brokenPart } from './network';
import { namespaceExists, namespaceOf } from './places';
import { attach, detach, forwards, isAttached, setForwarding, type Port } from './port';

export interface InstanceInputs extends Port, DiskContent, MachineProcess {
  /** Another one exactly when the machine is another machine. */
  generation: string;
}

interface InstanceState extends InstanceInputs {
  /** What is wrong with the machine, seen from outside: '' when nothing, `stopped`, `detached`. */
  trouble: string;
}

/** Linux names an interface in 15 bytes, and a port is called like its machine. */
const LONGEST_NAME = 15;

function mistakes(news: Partial<InstanceInputs>): Failure[] {
  const failures: Failure[] = [];
  if ((news.name ?? '').length > LONGEST_NAME) failures.push({ property: 'name', reason: `"${news.name}" is longer than ${LONGEST_NAME} characters` });
  for (const property of ['tree', 'store'] as const) {
    const directory = news[property];
    if (directory && !fs.existsSync(path.join(directory))) failures.push({ property, reason: `${directory} is not there: run ./lab start, which makes it` });
  }
  return failures;
}

async function trouble(state: InstanceState): Promise<string> {
  if ((await brokenPart(state.lab)) !== '' || !(await isAttached(state))) return 'detached';
  return (await isRunning(state.lab, state.name)) ? '' : 'stopped';
}

/** Brings the machine to life from whatever is there. */
async function ensure(inputs: InstanceInputs): Promise<void> {
  const running = await isRunning(inputs.lab, inputs.name);
  // A namespace that was deleted lives on inside the machine's processes, where nothing can reach it.
  if (running && !namespaceExists(namespaceOf(inputs.lab, inputs.name))) await stopMachine(inputs.lab, inputs.name);
  await attach(inputs);
  if (!(await isRunning(inputs.lab, inputs.name))) await startMachine(inputs);
}

/** A machine: six of them are the article's nodes. */
export const instanceKind: ResourceKind<InstanceInputs, InstanceState> = {
  secrets: ['hostPrivateKey'],
  async check(news, olds) {
    return { inputs: { ...news, generation: olds?.generation ?? randomBytes(8).toString('hex') }, failures: mistakes(news) };
  },
  async diff(olds, news, unknown) {
    const changed = changedInputs(olds, news, news, unknown);
    const replace = changed.filter((name) => name !== 'canIpForward');
    return { changed: olds.trouble ? [...changed, 'trouble'] : changed, replace };
  },
  async create(inputs) {
    makeDisk(inputs);
    await ensure(inputs);
    return { id: `${inputs.lab}/${inputs.name}`, state: { ...inputs, trouble: '' } };
  },
  async read(_id, state) {
    if (!diskExists(state.lab, state.name)) return undefined;
    return { ...state, canIpForward: await forwards(state), trouble: await trouble(state) };
  },
  async update(_id, _olds, news) {
    await ensure(news);
    await setForwarding(news);
    return { ...news, trouble: '' };
  },
  async delete(_id, state) {
    await stopMachine(state.lab, state.name);
    await detach(state);
    removeDisk(state.lab, state.name);
  },
};
