import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../components/root';
import type { ResourceKind } from '../resource';
import { attempt, attemptIn, ipIn } from './command';
import { readDaemon, startService, stopDaemon } from './daemon';
import { brokenPart } from './network';
import { labDirectory, namespaceExists, routerOf } from './places';
import { anyOf, deleteRule, readRule, writeRule } from './rules';

export interface LoadBalancerInputs {
  lab: string;
  /** Generation of the network that it is in. */
  network: string;
  port: number;
  /** The balancer's own address, in the lab's public network. */
  publicIp: string;
  targets: { name: string; privateIp: string }[];
  /** CIDRs that may connect; none: nobody. */
  sources: string[];
}

const RULE = 'load-balancer';
const place = (lab: string, file: string): string => path.join(labDirectory(lab), 'balancer', file);

function configuration(inputs: LoadBalancerInputs): string {
  const servers = inputs.targets.map((target) => `    server ${target.name} ${target.privateIp}:${inputs.port}`).join('\n');
  return fs
    .readFileSync(path.join(root, 'provider/local/haproxy.cfg'), 'utf8')
    .replace('${publicIp}', inputs.publicIp)
    .replace('${port}', String(inputs.port))
    .replace('${servers}', servers);
}

const listens = async (inputs: LoadBalancerInputs): Promise<boolean> =>
  (await attemptIn(routerOf(inputs.lab), 'ss', ['-Hltn', `src ${inputs.publicIp}:${inputs.port}`])).stdout !== '';

async function start(inputs: LoadBalancerInputs): Promise<void> {
  await ipIn(routerOf(inputs.lab), 'addr', 'replace', `${inputs.publicIp}/32`, 'dev', 'internet');
  if (inputs.sources.length > 0) {
    await writeRule(inputs.lab, 'router', RULE, `ip saddr ${anyOf(inputs.sources)} ip daddr ${inputs.publicIp} tcp dport ${inputs.port}`);
  } else {
    await deleteRule(inputs.lab, 'router', RULE);
  }
  fs.mkdirSync(place(inputs.lab, ''), { recursive: true, mode: 0o700 });
  fs.writeFileSync(place(inputs.lab, 'haproxy.cfg'), configuration(inputs), { mode: 0o600 });
  await startService({
    lab: inputs.lab,
    name: 'the load balancer',
    file: place(inputs.lab, 'process.json'),
    log: place(inputs.lab, 'log'),
    program: 'ip',
    args: ['netns', 'exec', routerOf(inputs.lab), 'haproxy', '-db', '-f', place(inputs.lab, 'haproxy.cfg')],
    listens: () => listens(inputs),
  });
}

/** The API's load balancer: HAProxy in the router, as a cloud's stands before the VPC. */
export const loadBalancerKind: ResourceKind<LoadBalancerInputs, LoadBalancerInputs> = {
  async create(inputs) {
    await start(inputs);
    return { id: `${inputs.lab}/load-balancer`, state: inputs };
  },
  async read(_id, state) {
    const alive = readDaemon(place(state.lab, 'process.json')) && (await brokenPart(state.lab)) === '' && (await listens(state));
    const admitted = state.sources.length === 0 || (await readRule(state.lab, 'router', RULE)) !== undefined;
    return alive && admitted ? state : undefined;
  },
  async update(_id, olds, news) {
    if (olds.publicIp !== news.publicIp) await loadBalancerKind.delete(_id, olds);
    await start(news);
    return news;
  },
  async delete(_id, state) {
    await stopDaemon(place(state.lab, 'process.json'));
    if (namespaceExists(routerOf(state.lab))) {
      await deleteRule(state.lab, 'router', RULE);
      await attempt('ip', ['-n', routerOf(state.lab), 'addr', 'del', `${state.publicIp}/32`, 'dev', 'internet']);
    }
    fs.rmSync(place(state.lab, ''), { recursive: true, force: true });
  },
};
