import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import * as fs from 'node:fs';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { run } from '../shared/command';
import { diskExists, diskIsOf, makeDisk, removeDisk, type DiskContent } from './disk';
import { processesOf } from '../shared/cgroups';
import { isRunning, startMachine, stopMachine, type MachineProcess } from './node-process';
import { namespaceExists, namespaceOf } from '../shared/names';
import { attach, detach, nicDrift, type Nic } from './nic';
import { driftDifference, type Drifting } from '../shared/drift';

export interface InstanceInputs extends Nic, DiskContent, MachineProcess {
  /** Changes exactly when the node is replaced. */
  generation: string;
}

interface InstanceState extends InstanceInputs, Drifting {}

/**
 * Longest name of a node: its network interface has the same name, which Linux limits to 15
 * characters.
 */
const LONGEST_NAME = 15;

function mistakes(news: Partial<InstanceInputs>): Failure[] {
  const failures: Failure[] = [];
  if ((news.name ?? '').length > LONGEST_NAME)
    failures.push({
      property: 'name',
      reason: `"${news.name}" is longer than ${LONGEST_NAME} characters: shorten the node's name`,
    });
  for (const property of ['tree', 'store'] as const) {
    const directory = news[property];
    if (directory && !fs.existsSync(path.join(directory)))
      failures.push({
        property,
        reason: `${directory} does not exist: run ./lab start, which creates it`,
      });
  }
  return failures;
}

/** Describes a node that does not run; '' if it runs. */
async function processDrift({ lab, name }: InstanceState): Promise<string> {
  if (await isRunning(lab, name)) return '';
  if (processesOf(lab, name).length === 0) return 'not running';
  return 'systemd-nspawn has ended, but processes of the node still run';
}

async function trouble(state: InstanceState): Promise<string> {
  const drift = await Promise.all([processDrift(state), nicDrift(state)]);
  return drift.filter(Boolean).join('; ');
}

/** Starts the node and connects it to the VPC; keeps what already works. */
async function ensure(inputs: InstanceInputs): Promise<void> {
  const { lab, name } = inputs;
  const namespace = namespaceOf(lab, name);
  const runs = (await isRunning(lab, name)) && namespaceExists(namespace);
  if (!runs) {
    // A deleted namespace survives inside the node's processes but cannot be reached. An existing
    // one holds old network state: rules, the bridge, MAC addresses of deleted pods.
    await stopMachine(lab, name);
    if (namespaceExists(namespace)) await run('ip', ['netns', 'del', namespace]);
  }
  await attach(inputs);
  if (!runs) await startMachine(inputs);
}

/** A node of the lab. */
export const instanceKind: ResourceKind<InstanceInputs, InstanceState> = {
  secrets: ['hostPrivateKey'],
  async check(news, olds) {
    return {
      inputs: { ...news, generation: olds?.generation ?? randomBytes(8).toString('hex') },
      failures: mistakes(news),
    };
  },
  async diff(olds, news, unknown) {
    const wanted = { privateIp6: undefined, gateway6: undefined, ...news };
    return driftDifference(olds, wanted, unknown, (input) => input === 'canIpForward');
  },
  async create(inputs) {
    // Processes of a deleted disk must not survive on the new one.
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
