import * as fs from 'node:fs';
import { fieldsIf } from '../../util/optional';
import { scratch, USER_ADDRESSES } from '../environment';
import { type Act } from './act';
import {
  check,
  failedChecks,
  LAB,
  labSucceeds,
  resources,
  type Stage,
  type,
  typeLab,
  until,
  up,
  upChangesNothing,
  verifies,
} from './stage';

/** Service by external traffic policy, with the numbers that the config declares. */
const SERVICES: Record<
  'Cluster' | 'Local',
  { name: string; nodePort: number; healthPort?: number }
> = {
  Cluster: { name: 'shared', nodePort: 31080 },
  Local: { name: 'local', nodePort: 31090, healthPort: 31091 },
};

const DECLARED = { loadBalancers: 'default/shared:80=31080,default/local:80=31090@31091' };

/** Returns a Deployment of one nginx, and a service of type LoadBalancer for each policy. */
function manifest(): string {
  const labels = { app: 'balanced' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'balanced' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'nginx', image: 'nginx' }] },
      },
    },
  };
  const services = Object.entries(SERVICES).map(([policy, { name, nodePort, healthPort }]) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      type: 'LoadBalancer',
      selector: labels,
      ports: [{ port: 80, nodePort }],
      externalTrafficPolicy: policy,
      ...fieldsIf(healthPort, { healthCheckNodePort: healthPort }),
    },
  }));
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [deployment, ...services] });
}

const kubectl = (stage: Stage, ...words: string[]): Promise<string> =>
  labSucceeds(stage, 'kubectl', LAB, '--', ...words);

/** External address of a service; empty if it has none. */
async function addressOf(stage: Stage, name: string): Promise<string> {
  const path = '-o=jsonpath=<{.status.loadBalancer.ingress[0].ip}>';
  const output = await kubectl(stage, 'get', 'service', name, path);
  return /<([^>]*)>/.exec(output)?.[1] ?? '';
}

/** Whether nginx answers one of the user's addresses through a balancer. */
async function isAnswered(stage: Stage, address: string, from: string): Promise<boolean> {
  const asked = ['--silent', '--fail', '--max-time', '5', '--interface', from];
  return (await type(stage, ['curl', ...asked, `http://${address}/`])).code === 0;
}

async function serve(stage: Stage): Promise<Record<keyof typeof SERVICES, string>> {
  const file = scratch('balanced.json');
  fs.writeFileSync(file, manifest());
  await kubectl(stage, 'apply', '-f', file);
  await kubectl(stage, 'rollout', 'status', 'deployment/balanced', '--timeout=120s');
  const known = async (name: string): Promise<string> => {
    const isKnown = async (): Promise<boolean> => (await addressOf(stage, name)) !== '';
    await until(isKnown, { seconds: 30, otherwise: `service ${name} gets no EXTERNAL-IP` });
    return addressOf(stage, name);
  };
  return { Cluster: await known(SERVICES.Cluster.name), Local: await known(SERVICES.Local.name) };
}

/** Declares two services, reaches them through their balancers, and removes the balancers. */
async function balancers(stage: Stage): Promise<void> {
  const [client, other] = USER_ADDRESSES;
  const before = resources().length;
  await up(stage, DECLARED);
  const addresses = await serve(stage);
  for (const [policy, address] of Object.entries(addresses)) {
    await until(() => isAnswered(stage, address, client), {
      seconds: 60,
      otherwise: `policy ${policy}: ${address} does not answer ${client}`,
    });
    const isOpen = await isAnswered(stage, address, other);
    check(!isOpen, `policy ${policy}: ${address} answers ${other}, which nodePortCidrs lacks`);
  }
  // Only the worker with the pod is healthy, so that no connection is lost.
  for (let count = 0; count < 20; count++)
    check(
      await isAnswered(stage, addresses.Local, client),
      `policy Local: connection ${count} to ${addresses.Local} is lost`,
    );
  const log = await kubectl(stage, 'logs', 'deployment/balanced');
  check(log.includes(client), `policy Local: nginx does not see the client ${client}:\n${log}`);
  const failed = await failedChecks(stage);
  check(failed.length === 0, `these checks fail: ${failed.join(', ')}`);
  await upChangesNothing(stage, DECLARED);
  await up(stage, { loadBalancers: '' });
  const left = resources().length;
  check(left === before, `the account has ${left} resources, and had ${before} before`);
  const gone = async (): Promise<boolean> => (await addressOf(stage, SERVICES.Local.name)) === '';
  await until(gone, { seconds: 30, otherwise: 'a service without a balancer keeps its address' });
  await typeLab(stage, 'kubectl', LAB, '--', 'delete', '-f', scratch('balanced.json'));
  await verifies(stage);
}

/** Acts of the balancers that the config declares. */
export const balancerActs: Act[] = [
  {
    name: 'balancers',
    title: 'reaches declared services of type LoadBalancer, and removes their balancers',
    begins: 'with a lab',
    needsBalancer: true,
    run: balancers,
  },
];
