import { loginOf } from '../../components/outputs';
import type { Node } from '../../components/topology';
import { listOf } from '../../util/optional';
import type { Check, Evidence } from '../check';
import { matches, parseConntrack, spell, type Flow } from '../parsers/conntrack';
import { shared, typeOne, type LabUnderTest } from '../lab';
import { poll } from '../../util/poll';
import { problemUnless } from '../../util/problems';
import type { HttpAnswer } from '../access';
import { judgeRules, pathProblems, PROXY_WAIT } from '../probes/proxy-rules';
import type { TestPod } from '../probes/test-pods';
import { lookBetween } from './nat';

/** Returns the worker that gets the request (entry), the worker of the pod that answers (exit), and that pod. */
async function route(
  lab: LabUnderTest,
): Promise<{ entry: Node; exit: Node; pod: TestPod; port: number }> {
  const exit = lab.workers.find(({ name }) => name === lab.pods.nodePortWorker)!;
  const [pod, services] = await Promise.all([lab.pods.nginx(exit.name), lab.pods.services()]);
  return { entry: lab.workers[0], exit, pod, port: services.nodePort };
}

/** Finds out where a request from outside was lost: in the VPC's firewall, or behind it. */
async function whereLost(lab: LabUnderTest): Promise<string> {
  const { answered, client, url } = await connection(lab);
  if (answered)
    return `${client.name} gets an answer inside the VPC (${url}), so look at the firewall rule allow-nodeports and at nodePortCidrs`;
  return `${client.name} gets no answer inside the VPC either (${url}): look at nodeport.chains and nodeport.exit`;
}

interface Refusal {
  refusal: string;
}

/** Returns the status or the refusal as a line, then up to two lines of nginx's page. */
function answerLines(answer: HttpAnswer | Refusal): string[] {
  if ('refusal' in answer) return [answer.refusal];
  const page = answer.body.split('\n').filter((line) => /nginx/i.test(line));
  return [`HTTP ${answer.status}, Server: ${answer.server || 'none'}`, ...page.slice(0, 2)];
}

const nodePortReach: Check = {
  id: 'nodeport.reach',
  title: 'nginx answers from outside the VPC at a NodePort',
  node: 'laptop',
  command: 'curl http://WORKER_0_PUBLIC_IP:NODE_PORT/',
  expected: 'nginx answers, though its pod is on worker-1',
  stage: 'network',
  workers: 1,
  dependsOn: ['nat.ping', 'nodeport.chains'],
  skip({ topology }) {
    if (topology.rules.some(({ name }) => name === 'allow-nodeports')) return undefined;
    return 'nodePortCidrs is empty in the config, so the firewall admits no client';
  },
  async run(lab): Promise<Evidence> {
    const { entry, exit, pod, port } = await route(lab);
    const login = loginOf(
      lab.outputs,
      lab.outputs.nodes.find(({ name }) => name === entry.name)!,
    );
    // A gateway forwards NodePorts, like logins.
    const host = login.through?.host ?? login.host;
    const url = `http://${host}:${port}/`;
    // Not instanceof: errors of Node's own modules belong to another realm than a test's Error class.
    const ask = (): Promise<HttpAnswer | Refusal> =>
      lab.access.http(url).catch((error: Error) => ({ refusal: error.message }));
    const answer = await poll(ask, { ...PROXY_WAIT, satisfies: (one) => 'status' in one });
    const [seen, ...more] = answerLines(answer);
    const good =
      'status' in answer && answer.status === 200 && /nginx/i.test(answer.server + answer.body);
    const evidence = {
      node: 'laptop',
      command: `curl -i ${url}`,
      expected: `HTTP 200 from nginx: the pod ${pod.ip} on ${exit.name}, asked at ${entry.name}'s public address`,
      evidence: [seen, ...more].join('\n'),
    };
    if (good) return { ...evidence, problems: [], look: '' };
    return { ...evidence, problems: [`${url} answers: ${seen}`], look: await whereLost(lab) };
  },
};

/**
 * Opens one connection from a controller to the NodePort at the entry worker's private address. The workers track it
 * like a connection from outside, but it does not depend on the firewall.
 */
const connection = shared(async (lab: LabUnderTest) => {
  const way = await route(lab);
  const url = `http://${way.entry.privateIp}:${way.port}/`;
  const client = lab.controllers[0];
  const ask = () =>
    typeOne(lab, client.name, `curl -s -o /dev/null -m 2 -w '%{http_code}' ${url} || true`);
  const isOk = (code: string): boolean => code.trim() === '200';
  const answered = isOk(await poll(ask, { ...PROXY_WAIT, satisfies: isOk }));
  const commands = {
    entry: `sudo conntrack -L | grep ${way.port}`,
    exit: `sudo conntrack -L | grep ${way.pod.ip}`,
  };
  const [entry, exit] = await Promise.all([
    typeOne(lab, way.entry.name, commands.entry),
    typeOne(lab, way.exit.name, commands.exit),
  ]);
  const tcp = (listing: string): Flow[] =>
    parseConntrack(listing).filter(({ protocol }) => protocol === 'tcp');
  return { ...way, answered, client, url, commands, onEntry: tcp(entry), onExit: tcp(exit) };
});

/** Returns a flow with an answer if possible. Attempts before kube-proxy wrote its rules have none. */
const answeredFirst = (flows: Flow[]): Flow | undefined =>
  flows.find(({ unreplied }) => !unreplied) ?? flows[0];

const nodePortEntry: Check = {
  id: 'nodeport.entry',
  title: "The entry worker translates the NodePort to the pod and hides the client's address",
  node: 'worker-0',
  command: 'sudo conntrack -L | grep NODE_PORT',
  expected: 'tcp src=CLIENT dst=WORKER_0 dport=NODE_PORT ... src=POD dst=WORKER_0 sport=80',
  stage: 'network',
  workers: 2,
  dependsOn: ['cni.config', 'nodeport.chains'],
  async run(lab): Promise<Evidence> {
    const { entry, pod, port, client, url, commands, onEntry } = await connection(lab);
    const original = { src: client.privateIp, dst: entry.privateIp, dport: port };
    const reply = { src: pod.ip, dst: entry.privateIp, sport: 80 };
    const flows = onEntry.filter((flow) => matches(flow.original, original));
    const good = answeredFirst(flows.filter((flow) => matches(flow.reply, reply)));
    const shown = good ?? flows[0];
    return {
      node: entry.name,
      command: commands.entry,
      expected: `tcp ${spell(original)} ... ${spell(reply)}, after ${client.name} asked ${url}`,
      evidence: shown?.line ?? '',
      problems: [
        ...problemUnless(shown, `no connection ${spell(original)}`),
        ...listOf(shown)
          .filter((flow) => flow !== good)
          .map((flow) => `the answer is expected as ${spell(flow.reply)}, not ${spell(reply)}`),
      ],
      look: `look at nodeport.chains and at kube-proxy on ${entry.name}`,
    };
  },
};

const nodePortExit: Check = {
  id: 'nodeport.exit',
  title: "The pod's worker sees the connection come from the entry worker",
  node: 'worker-1',
  command: 'sudo conntrack -L | grep POD',
  expected: 'tcp src=WORKER_0 dst=POD dport=80',
  stage: 'network',
  workers: 2,
  dependsOn: ['nat.ping', 'nodeport.chains'],
  async run(lab): Promise<Evidence> {
    const { entry, exit, pod, client, url, commands, onExit } = await connection(lab);
    const original = { src: entry.privateIp, dst: pod.ip, dport: 80 };
    const reply = { src: pod.ip, dst: entry.privateIp, sport: 80 };
    const good = answeredFirst(
      onExit.filter((flow) => matches(flow.original, original) && matches(flow.reply, reply)),
    );
    const other = onExit.find((flow) => matches(flow.original, { dst: pod.ip, dport: 80 }));
    return {
      node: exit.name,
      command: commands.exit,
      expected: `tcp ${spell(original)}, after ${client.name} asked ${url}`,
      evidence: (good ?? other)?.line ?? '',
      problems: [
        ...problemUnless(good ?? other, `no connection ${spell(original)}`),
        ...problemUnless(
          good ?? !other,
          `the connection comes from ${other?.original.src}, expected ${entry.privateIp}`,
        ),
      ],
      look: lookBetween(lab.topology, entry, exit, true),
    };
  },
};

const nodePortChains: Check = {
  id: 'nodeport.chains',
  title: "kube-proxy's rules lead from a NodePort to its pod",
  node: 'every worker',
  command: 'sudo iptables-save -t nat',
  expected:
    'KUBE-NODEPORTS tcp dport NODE_PORT, by KUBE-EXT-, KUBE-SVC- and KUBE-SEP- to DNAT POD_IP:80',
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const { pod, port } = await route(lab);
    const { command, evidence, problems } = await judgeRules(lab, (rules) =>
      pathProblems(rules, [{ to: { protocol: 'tcp', port }, targets: [`${pod.ip}:80`] }]),
    );
    return {
      node: lab.workers.map(({ name }) => name).join(', '),
      command,
      expected: `rules from tcp dport ${port} to DNAT ${pod.ip}:80 on every worker`,
      evidence,
      problems,
      look: 'look at kube-proxy on that worker (`systemctl status kube-proxy`)',
    };
  },
};

export const nodePortChecks: Check[] = [nodePortReach, nodePortEntry, nodePortExit, nodePortChains];
