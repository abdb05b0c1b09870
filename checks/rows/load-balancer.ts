import { randomBytes } from 'node:crypto';
import { HEALTH_PORT } from '../../components/balanced-services';
import { servicePool } from '../../components/local/service-pool';
import type { LabOutputs } from '../../components/outputs';
import type { Node } from '../../components/topology';
import { addressAt } from '../../util/cidr';
import { itemsIf, listOf } from '../../util/optional';
import { poll } from '../../util/poll';
import { problemUnless } from '../../util/problems';
import { rulesCommand } from '../access';
import type { Check, Evidence } from '../check';
import { kubectl, shared, typeOne, type LabUnderTest } from '../lab';
import { matches, parseConntrack, spell } from '../parsers/conntrack';
import { balancerRule } from '../parsers/load-balancer';
import { BALANCED } from '../probes/pod-manifest';
import { judgeRules, pathProblems, PROXY_WAIT } from '../probes/proxy-rules';
import type { TestPod } from '../probes/test-pods';
import { cloudAddresses, skippedOnClouds } from './cloud-balancers';
import { joinNames } from '../../util/join-names';

/** Time limit for an address, and for the health of the workers. A busy host needs longer than 5 s. */
const BALANCER_WAIT = { limit: 15_000, interval: 300 };

const config = { loadBalancer: true } as const;

/** Test service of type LoadBalancer. */
interface Balanced {
  name: string;
  policy: keyof typeof BALANCED;
  /** External address; empty if the service has none. */
  address: string;
  healthPort?: number;
}

interface ServiceList {
  items: {
    metadata: { name: string };
    spec: { externalTrafficPolicy: keyof typeof BALANCED; healthCheckNodePort?: number };
    status: { loadBalancer?: { ingress?: { ip?: string }[] } };
  }[];
}

async function readBalanced(lab: LabUnderTest): Promise<Balanced[]> {
  const names = Object.values(BALANCED);
  const command = ['-n', lab.pods.namespace, 'get', 'services', '-o', 'json', ...names];
  const { items } = JSON.parse(await kubectl(lab, command)) as ServiceList;
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    policy: spec.externalTrafficPolicy,
    address: status.loadBalancer?.ingress?.[0]?.ip ?? '',
    healthPort: spec.healthCheckNodePort,
  }));
}

/** Waits until both test services have an address, or until the time is up. */
const balanced = shared(async (lab: LabUnderTest): Promise<Balanced[]> => {
  await lab.pods.services();
  return poll(() => readBalanced(lab), {
    ...BALANCER_WAIT,
    satisfies: (all) => all.every(({ address }) => address !== ''),
  });
});

/** Returns a test service. Throws an Error if it has no address. */
async function service(lab: LabUnderTest, policy: keyof typeof BALANCED): Promise<Balanced> {
  const found = (await balanced(lab)).find((one) => one.policy === policy)!;
  if (found.address === '') throw new Error(`the service ${found.name} has no EXTERNAL-IP`);
  return found;
}

/** Worker of the pod that answers, and that pod. */
async function answering(lab: LabUnderTest): Promise<{ worker: Node; pod: TestPod }> {
  const worker = lab.workers.find(({ name }) => name === lab.pods.nodePortWorker)!;
  return { worker, pod: await lab.pods.nginx(worker.name) };
}

/** Returns the lab's public /24. */
const publicCidr = ({ nodes }: LabOutputs): string =>
  `${nodes[0].publicIp.split('.').slice(0, 3).join('.')}.0/24`;

const lbAddress: Check = {
  id: 'lb.address',
  title: 'A service of type LoadBalancer gets its own address',
  node: 'laptop',
  command: 'kubectl get services',
  expected: 'TYPE LoadBalancer, with its own EXTERNAL-IP',
  stage: 'network',
  workers: 1,
  summaryLine: /LoadBalancer/,
  config,
  async run(lab): Promise<Evidence> {
    if (lab.outputs.cloud !== 'local') return cloudAddresses(lab);
    const all = await balanced(lab);
    const names = all.map(({ name }) => name);
    const args = ['-n', lab.pods.namespace, 'get', 'services', ...names];
    const pool = servicePool(publicCidr(lab.outputs));
    const foreign = all.filter(({ address }) => address !== '' && !pool.includes(address));
    return {
      node: 'laptop',
      command: `kubectl ${args.join(' ')}`,
      expected: `${joinNames(names)} have two of the addresses ${pool[0]} to ${pool.at(-1)}`,
      evidence: (await kubectl(lab, args)).trim(),
      problems: [
        ...all
          .filter(({ address }) => address === '')
          .map(({ name }) => `the service ${name} has no EXTERNAL-IP`),
        ...foreign.map(
          ({ name, address }) =>
            `the service ${name} has ${address}, expected ${pool[0]} to ${pool.at(-1)}`,
        ),
        ...itemsIf(
          all[0].address !== '' && all[0].address === all[1].address,
          `both services have ${all[0].address}`,
        ),
      ],
      look: 'look at `kubectl describe service`, and at `./lab status`, which names a controller that has ended',
    };
  },
};

const lbChains: Check = {
  id: 'lb.chains',
  title: "kube-proxy's rules lead from an EXTERNAL-IP to its pod",
  node: 'every worker',
  command: 'sudo iptables-save -t nat',
  expected:
    'KUBE-SERVICES -d EXTERNAL_IP/32, by KUBE-EXT-, KUBE-SVC- and KUBE-SEP- to DNAT POD_IP:80',
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config', 'lb.address'],
  config,
  skip: skippedOnClouds,
  async run(lab): Promise<Evidence> {
    const [{ address }, { pod }] = await Promise.all([service(lab, 'Cluster'), answering(lab)]);
    const target = `${pod.ip}:80`;
    const to = { address, protocol: 'tcp', port: 80 } as const;
    const seen = await judgeRules(lab, (rules) => pathProblems(rules, [{ to, targets: [target] }]));
    return {
      ...seen,
      node: lab.workers.map(({ name }) => name).join(', '),
      expected: `rules from ${address} tcp 80 to DNAT ${target} on every worker`,
      look: 'look at kube-proxy on that worker (`systemctl status kube-proxy`)',
    };
  },
};

/** Answers of kube-proxy's health checks on one worker: HTTP status codes, 000 without an answer. */
interface WorkerHealth {
  worker: Node;
  node: string;
  local: string;
}

/** Asks kube-proxy on each worker, from a controller, as the load balancer asks from the router. */
async function askHealth(lab: LabUnderTest, localPort: number): Promise<WorkerHealth[]> {
  const ask = (address: string, port: number): string =>
    `curl -s -o /dev/null -m 2 -w '%{http_code} ' http://${address}:${port}/healthz || true`;
  const commands = lab.workers.flatMap(({ privateIp }) => [
    ask(privateIp, HEALTH_PORT),
    ask(privateIp, localPort),
  ]);
  const answers = await typeOne(lab, lab.controllers[0].name, commands.join('; '));
  const codes = answers.trim().split(/\s+/);
  return lab.workers.map((worker, at) => ({
    worker,
    node: codes[2 * at],
    local: codes[2 * at + 1],
  }));
}

/** Compares the workers' answers with the pod's place. Returns one phrase for each difference. */
export function healthProblems(answers: WorkerHealth[], podWorker: string): string[] {
  return answers.flatMap(({ worker: { name }, node, local }) => {
    let wanted = '503';
    if (name === podWorker) wanted = '200';
    return [
      ...problemUnless(
        node === '200',
        `${name} answers ${node} at port ${HEALTH_PORT}, expected 200`,
      ),
      ...problemUnless(
        local === wanted,
        `${name} answers ${local} at healthCheckNodePort, expected ${wanted}: the pod is on ${podWorker}`,
      ),
    ];
  });
}

/** Compares the workers in the balancer's rule of a service with those that must be there. */
function ruleProblems(listing: string, { name, address }: Balanced, expected: Node[]): string[] {
  const seen = balancerRule(listing, address, 80)?.workers ?? [];
  const wanted = expected.map(({ index }) => index);
  if (seen.join() === wanted.join()) return [];
  const spelled = (workers: number[]): string =>
    workers.map((index) => `worker-${index}`).join(', ') || 'no worker';
  return [`the balancer sends ${name} to ${spelled(seen)}, expected ${spelled(wanted)}`];
}

const lbHealth: Check = {
  id: 'lb.health',
  title: 'Only workers that pass their health check get connections',
  node: 'controller-0',
  command: 'curl http://WORKER:HEALTH_CHECK_NODE_PORT/healthz',
  expected: 'with externalTrafficPolicy Local: 200 from the worker of the pod, 503 from the others',
  stage: 'network',
  workers: 1,
  dependsOn: ['lb.chains'],
  summaryLine: /503|200/,
  config,
  skip: skippedOnClouds,
  async run(lab): Promise<Evidence> {
    const [cluster, local, { worker }] = await Promise.all([
      service(lab, 'Cluster'),
      service(lab, 'Local'),
      answering(lab),
    ]);
    const look = async () => {
      const answers = await askHealth(lab, local.healthPort!);
      const listing = await lab.access.loadBalancer();
      const problems = [
        ...healthProblems(answers, worker.name),
        ...ruleProblems(listing, cluster, lab.workers),
        ...ruleProblems(listing, local, [worker]),
      ];
      return { answers, listing, problems };
    };
    const seen = await poll(look, {
      ...BALANCER_WAIT,
      satisfies: ({ problems }) => problems.length === 0,
    });
    const rule = balancerRule(seen.listing, local.address, 80);
    return {
      node: lab.controllers[0].name,
      command: `curl http://${worker.privateIp}:${local.healthPort}/healthz; ${rulesCommand(lab.outputs)}`,
      expected: `200 from ${worker.name} and 503 from the others at port ${local.healthPort}; ${local.address} leads to ${worker.name} only`,
      evidence: [
        ...seen.answers.map(
          (one) =>
            `${one.worker.name}: ${one.local} at port ${local.healthPort}, ${one.node} at port ${HEALTH_PORT}`,
        ),
        ...listOf(rule).flatMap(({ line, choice }) => [line, choice]),
      ].join('\n'),
      problems: seen.problems,
      look: 'look at kube-proxy on that worker, and at rules there that drop packets to the port',
    };
  },
};

/** New connections of one check. Each may enter the cluster at another worker. */
const CONNECTIONS = 8;

const lbReach: Check = {
  id: 'lb.reach',
  title: 'nginx answers from outside the VPC at an EXTERNAL-IP',
  node: 'laptop',
  command: 'curl http://EXTERNAL_IP/',
  expected: 'nginx answers each connection, at whichever worker it enters',
  stage: 'network',
  workers: 1,
  dependsOn: ['lb.address', 'lb.chains', 'nat.ping'],
  config,
  skip(outputs) {
    if (outputs.config.nodePortCidrs.length === 0)
      return 'nodePortCidrs is empty in the config, so the load balancer admits no client';
    return skippedOnClouds(outputs);
  },
  async run(lab): Promise<Evidence> {
    const [{ address }, { pod }] = await Promise.all([service(lab, 'Cluster'), answering(lab)]);
    const url = `http://${address}/`;
    const ask = (): Promise<string> =>
      lab.access.http(url).then(
        ({ status, server }) => `HTTP ${status}, Server: ${server || 'none'}`,
        (error: Error) => error.message,
      );
    const isGood = (answer: string): boolean => /^HTTP 200, .*nginx/i.test(answer);
    // kube-proxy of one worker may write its rules later than that of another.
    const answers = await poll(() => Promise.all(Array.from({ length: CONNECTIONS }, ask)), {
      ...PROXY_WAIT,
      satisfies: (all) => all.every(isGood),
    });
    const failed = answers.filter((answer) => !isGood(answer));
    return {
      node: 'laptop',
      command: `curl -i ${url}`,
      expected: `HTTP 200 from nginx, the pod ${pod.ip}, to each of ${CONNECTIONS} connections`,
      evidence: [...new Set(answers)].join('\n'),
      problems: problemUnless(
        failed.length === 0,
        `${url} answers: ${failed[0]} (${failed.length} of ${answers.length} connections)`,
      ),
      look: "look at lb.health, and at the rule allow-load-balancer in the VPC's firewall",
    };
  },
};

const lbLocalSource: Check = {
  id: 'lb.local.source',
  title: "With externalTrafficPolicy Local, the pod sees the client's own address",
  node: 'laptop',
  command: 'curl http://EXTERNAL_IP/; kubectl logs NGINX',
  expected: "nginx's log has the laptop's address, and no worker's",
  stage: 'network',
  workers: 1,
  dependsOn: ['lb.reach', 'lb.health'],
  config,
  skip: lbReach.skip,
  async run(lab): Promise<Evidence> {
    const [{ address }, { worker, pod }] = await Promise.all([
      service(lab, 'Local'),
      answering(lab),
    ]);
    const client = addressAt(publicCidr(lab.outputs), 1);
    const token = `?from-laptop-${randomBytes(4).toString('hex')}`;
    const logs = ['-n', lab.pods.namespace, 'logs', pod.name];
    const log = async (): Promise<string> => {
      await lab.access.http(`http://${address}/${token}`).catch(() => undefined);
      const lines = (await kubectl(lab, [...logs, '--tail=200'])).split('\n');
      return lines.find((line) => line.includes(token)) ?? '';
    };
    const line = await poll(log, PROXY_WAIT);
    const tracked = `sudo conntrack -L | grep dst=${address}`;
    const flows = parseConntrack(await typeOne(lab, worker.name, tracked));
    const wanted = { src: client, dst: address, dport: 80 };
    const reply = { src: pod.ip, dst: client, sport: 80 };
    const flow = flows.find((one) => matches(one.original, wanted) && matches(one.reply, reply));
    const seen = line.split(' ')[0];
    return {
      node: 'laptop',
      command: `curl http://${address}/${token}; kubectl ${logs.join(' ')}; on ${worker.name}: ${tracked}`,
      expected: `the log has ${client}; ${worker.name} tracks ${spell(wanted)} ... ${spell(reply)}`,
      evidence: [line, flow?.line ?? flows[0]?.line ?? ''].filter(Boolean).join('\n'),
      problems: [
        ...itemsIf(line === '', `${address} gave no answer, and nginx's log has no request`),
        ...itemsIf(line !== '' && seen !== client, `nginx saw ${seen}, expected ${client}`),
        ...itemsIf(
          line !== '' && !flow,
          `${worker.name} tracks no connection ${spell(wanted)} ... ${spell(reply)}`,
        ),
      ],
      look: 'look at `sudo nft list ruleset` in the router for a rule that translates addresses',
    };
  },
};

/** Checks of labs with a load balancer, in the order of the tutorial. */
export const loadBalancerChecks: Check[] = [lbAddress, lbReach, lbChains, lbLocalSource, lbHealth];
