import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import type { ResourceKind } from '../../protocol/resource-kind';
import { attempt, ipIn } from '../shared/command';
import { stopDaemon } from '../shared/daemon';
import { hasAddress, look } from '../router/router-snapshot';
import { labDirectory, routerOf } from '../shared/names';
import { anyOf, deleteRule, ruleTrouble, writeRule, type OwnRule } from '../router/rules';
import { answers, serviceTrouble, startService } from '../shared/service';
import { troubledDifference, type Troubled } from '../shared/drift';

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

const place = (lab: string, file: string): string => path.join(labDirectory(lab), 'balancer', file);

function configuration(inputs: LoadBalancerInputs): string {
  const servers = inputs.targets
    .map((target) => `    server ${target.name} ${target.privateIp}:${inputs.port}`)
    .join('\n');
  return fs
    .readFileSync(path.join(root, 'provider/local/load-balancer/haproxy.cfg'), 'utf8')
    .replace('${publicIp}', inputs.publicIp)
    .replace('${port}', String(inputs.port))
    .replace('${servers}', servers);
}

interface LoadBalancerState extends LoadBalancerInputs, Troubled {
  /** Digest of its rule as the kernel holds it; '' where nobody may connect. */
  installed: string;
}

const ruleOf = (lab: string): OwnRule => ({ lab, chain: 'router', name: 'load-balancer' });

/** Opens the balancer to `sources`. */
async function admit(inputs: LoadBalancerInputs): Promise<string> {
  if (inputs.sources.length > 0)
    return writeRule(
      ruleOf(inputs.lab),
      `ip saddr ${anyOf(inputs.sources)} ip daddr ${inputs.publicIp} tcp dport ${inputs.port}`,
    );
  await deleteRule(ruleOf(inputs.lab));
  return '';
}

async function start(inputs: LoadBalancerInputs): Promise<LoadBalancerState> {
  await ipIn(routerOf(inputs.lab), 'addr', 'replace', `${inputs.publicIp}/32`, 'dev', 'internet');
  const installed = await admit(inputs);
  fs.mkdirSync(place(inputs.lab, ''), { recursive: true, mode: 0o700 });
  fs.writeFileSync(place(inputs.lab, 'haproxy.cfg'), configuration(inputs), { mode: 0o600 });
  await startService({
    lab: inputs.lab,
    name: 'the load balancer',
    file: place(inputs.lab, 'process.json'),
    log: place(inputs.lab, 'log'),
    program: 'ip',
    args: [
      'netns',
      'exec',
      routerOf(inputs.lab),
      'haproxy',
      '-db',
      '-f',
      place(inputs.lab, 'haproxy.cfg'),
    ],
    listens: () => answers(inputs.lab, inputs.publicIp, inputs.port),
  });
  return { ...inputs, installed, trouble: '' };
}

async function trouble(state: LoadBalancerState): Promise<string> {
  const router = await look(state.lab);
  if (!router) return 'its router is gone';
  return [
    serviceTrouble(place(state.lab, 'process.json'), router, state.publicIp, state.port),
    hasAddress(router, 'internet', `${state.publicIp}/32`)
      ? ''
      : `its address ${state.publicIp} is gone`,
    await ruleTrouble(ruleOf(state.lab), state.installed),
  ]
    .filter(Boolean)
    .join('; ');
}

/** The API's load balancer: HAProxy in the router, as a cloud's stands before the VPC. */
export const loadBalancerKind: ResourceKind<LoadBalancerInputs, LoadBalancerState> = {
  async diff(olds, news, unknown) {
    return troubledDifference(olds, news, unknown, () => true);
  },
  async create(inputs) {
    return { id: `${inputs.lab}/load-balancer`, state: await start(inputs) };
  },
  async read(_id, state) {
    return { ...state, trouble: await trouble(state) };
  },
  async update(_id, olds, news) {
    if (olds.publicIp !== news.publicIp) await loadBalancerKind.delete(_id, olds);
    return start(news);
  },
  async delete(_id, state) {
    await stopDaemon(place(state.lab, 'process.json'));
    await deleteRule(ruleOf(state.lab));
    await attempt('ip', [
      '-n',
      routerOf(state.lab),
      'addr',
      'del',
      `${state.publicIp}/32`,
      'dev',
      'internet',
    ]);
    fs.rmSync(place(state.lab, ''), { recursive: true, force: true });
  },
};
