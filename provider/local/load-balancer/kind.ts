import * as fs from 'node:fs';
import * as path from 'node:path';
import { textIf } from '../../../util/optional';
import { renderFile } from '../../../util/render';
import type { ResourceKind } from '../../protocol/resource-kind';
import { attempt, ipIn } from '../shared/command';
import { stopDaemon } from '../shared/daemon';
import { hasAddress, routerSnapshot } from '../router/router-snapshot';
import { labDirectory, routerOf } from '../shared/names';
import { anyOf, deleteRule, ruleDrift, writeRule, type ResourceRule } from '../router/rules';
import { answers, serviceDrift, startService } from '../shared/service';
import { driftDifference, type Drifting } from '../shared/drift';

export interface LoadBalancerInputs {
  lab: string;
  /** Generation of the network that the resource belongs to. */
  network: string;
  port: number;
  /** Address of the load balancer, in the lab's public network. */
  publicIp: string;
  targets: { name: string; privateIp: string }[];
  /** CIDRs that may connect. Without any, no client may. */
  sources: string[];
}

const balancerFile = (lab: string, file: string): string =>
  path.join(labDirectory(lab), 'balancer', file);

function configuration(inputs: LoadBalancerInputs): string {
  const servers = inputs.targets
    .map((target) => `    server ${target.name} ${target.privateIp}:${inputs.port}`)
    .join('\n');
  return renderFile('provider/local/load-balancer/haproxy.cfg', {
    PUBLIC_IP: inputs.publicIp,
    PORT: inputs.port,
    SERVERS: servers,
  });
}

interface LoadBalancerState extends LoadBalancerInputs, Drifting {
  /** Digest of the load balancer's rule in the kernel; '' without sources. */
  installed: string;
}

const ruleOf = (lab: string): ResourceRule => ({ lab, chain: 'router', name: 'load-balancer' });

/** Admits `sources` to the load balancer. Returns the digest of the rule. */
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
  fs.mkdirSync(balancerFile(inputs.lab, ''), { recursive: true, mode: 0o700 });
  fs.writeFileSync(balancerFile(inputs.lab, 'haproxy.cfg'), configuration(inputs), { mode: 0o600 });
  await startService({
    lab: inputs.lab,
    name: 'the load balancer',
    file: balancerFile(inputs.lab, 'process.json'),
    log: balancerFile(inputs.lab, 'log'),
    program: 'ip',
    args: [
      'netns',
      'exec',
      routerOf(inputs.lab),
      'haproxy',
      '-db',
      '-f',
      balancerFile(inputs.lab, 'haproxy.cfg'),
    ],
    listens: () => answers(inputs.lab, inputs.publicIp, inputs.port),
  });
  return { ...inputs, installed, trouble: '' };
}

async function trouble(state: LoadBalancerState): Promise<string> {
  const router = await routerSnapshot(state.lab);
  if (!router) return 'the router is missing';
  return [
    serviceDrift(balancerFile(state.lab, 'process.json'), router, state.publicIp, state.port),
    textIf(
      !hasAddress(router, 'internet', `${state.publicIp}/32`),
      `its address ${state.publicIp} is missing`,
    ),
    await ruleDrift(ruleOf(state.lab), state.installed),
  ]
    .filter(Boolean)
    .join('; ');
}

/** API load balancer: HAProxy in the router, like a cloud's load balancer in front of the VPC. */
export const loadBalancerKind: ResourceKind<LoadBalancerInputs, LoadBalancerState> = {
  async diff(olds, news, unknown) {
    return driftDifference(olds, news, unknown, () => true);
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
    await stopDaemon(balancerFile(state.lab, 'process.json'));
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
    fs.rmSync(balancerFile(state.lab, ''), { recursive: true, force: true });
  },
};
