import * as fs from 'node:fs';
import * as path from 'node:path';
import { textIf } from '../../../util/optional';
import { root } from '../../../util/repo-root';
import type { ResourceKind } from '../../protocol/resource-kind';
import { attempt, attemptIn, ipIn } from '../shared/command';
import { readDaemon, stopDaemon } from '../shared/daemon';
import { driftDifference, type Drifting } from '../shared/drift';
import { labDirectory, namespaceExists, routerOf } from '../shared/names';
import { startService } from '../shared/service';
import { deleteRule, ruleDrift, writeRule, type ResourceRule } from '../router/rules';
import type { ControllerSettings } from './controller';
import { PRIORITY } from './routes';
import { MARK_BITS, markOf, TABLE } from './rules';

export interface ServiceControllerInputs {
  lab: string;
  /** Generation of the network that the resource belongs to. */
  network: string;
  /** Secret: kubeconfig of the controller, with the rights that it needs. */
  kubeconfig: string;
  /** Addresses for services, lowest first. */
  pool: string[];
  /** Workers, which take the connections. */
  nodes: { name: string; privateIp: string }[];
  /** CIDRs that may reach services. */
  sources: string[];
  nodeCidr: string;
}

interface ServiceControllerState extends ServiceControllerInputs, Drifting {
  /** Digest of the controller's rule in the VPC's firewall. */
  installed: string;
}

const fileOf = (lab: string, file = ''): string =>
  path.join(labDirectory(lab), 'service-controller', file);
const PROCESS = 'process.json';
const SYNCED = 'synced';

const ruleOf = (lab: string): ResourceRule => ({
  lab,
  chain: 'firewall',
  name: 'allow-load-balancer',
});

const settingsOf = ({ pool, nodes, sources, nodeCidr }: ServiceControllerInputs): string => {
  const settings: ControllerSettings = { pool, nodes, openTo: sources, nodeCidr };
  return JSON.stringify(settings);
};

/** Writes the files of the controller; removes the sign that an earlier process was ready. */
function writeFiles(inputs: ServiceControllerInputs): void {
  fs.mkdirSync(fileOf(inputs.lab), { recursive: true, mode: 0o700 });
  fs.rmSync(fileOf(inputs.lab, SYNCED), { force: true });
  fs.writeFileSync(fileOf(inputs.lab, 'settings.json'), settingsOf(inputs), { mode: 0o600 });
  fs.writeFileSync(fileOf(inputs.lab, 'kubeconfig'), inputs.kubeconfig, { mode: 0o600 });
}

/** Arguments of Node.js that keep an idle process small. */
const SMALL = ['--max-semi-space-size=1', '--max-old-space-size=64'];

async function start(inputs: ServiceControllerInputs): Promise<ServiceControllerState> {
  const { lab } = inputs;
  await stopDaemon(fileOf(lab, PROCESS), 0);
  writeFiles(inputs);
  // Only the controller's own table gives packets such a mark, and only to permitted clients.
  const mark = `meta mark & ${MARK_BITS} == 0x${markOf(0).toString(16)}`;
  const installed = await writeRule(ruleOf(lab), `oifname "vpc" ${mark}`);
  await startService({
    lab,
    name: 'the service controller',
    file: fileOf(lab, PROCESS),
    log: fileOf(lab, 'log'),
    program: 'ip',
    args: [
      'netns',
      'exec',
      routerOf(lab),
      path.join(root, 'provider/local/service-controller/supervise.sh'),
      process.execPath,
      ...SMALL,
      path.join(root, 'bin/run.cjs'),
      'provider/local/service-controller/main.ts',
      fileOf(lab),
    ],
    listens: async () => fs.existsSync(fileOf(lab, SYNCED)),
  });
  return { ...inputs, installed, trouble: '' };
}

async function trouble(state: ServiceControllerState): Promise<string> {
  if (!namespaceExists(routerOf(state.lab))) return 'the router is missing';
  return [
    textIf(!readDaemon(fileOf(state.lab, PROCESS)), 'its process has ended'),
    await ruleDrift(ruleOf(state.lab), state.installed),
  ]
    .filter(Boolean)
    .join('; ');
}

/** Removes what the controller wrote into the router: its table, routing rules and routes. */
async function clearRouter(lab: string, nodes: ServiceControllerInputs['nodes']): Promise<void> {
  const router = routerOf(lab);
  if (!namespaceExists(router)) return;
  await deleteRule(ruleOf(lab));
  await attemptIn(router, 'nft', ['delete', 'table', ...TABLE.split(' ')]);
  const ip = (...args: string[]) => attempt('ip', ['-n', router, ...args]);
  const rules = await ipIn(router, 'rule', 'show', 'priority', String(PRIORITY));
  for (const _ of rules.split('\n').filter(Boolean))
    await ip('rule', 'del', 'priority', String(PRIORITY));
  for (const index of nodes.keys()) await ip('route', 'flush', 'table', String(markOf(index)));
}

/**
 * Controller of services of type LoadBalancer: a process in the router that gives them addresses of
 * the lab's public /24, and forwards connections to the workers.
 */
export const serviceControllerKind: ResourceKind<ServiceControllerInputs, ServiceControllerState> =
  {
    secrets: ['kubeconfig'],
    async diff(olds, news, unknown) {
      return driftDifference(olds, news, unknown, () => true);
    },
    async create(inputs) {
      return { id: `${inputs.lab}/service-controller`, state: await start(inputs) };
    },
    async read(_id, state) {
      return { ...state, trouble: await trouble(state) };
    },
    async update(_id, _olds, news) {
      return start(news);
    },
    async delete(_id, state) {
      await stopDaemon(fileOf(state.lab, PROCESS), 0);
      await clearRouter(state.lab, state.nodes);
      fs.rmSync(fileOf(state.lab), { recursive: true, force: true });
    },
  };
