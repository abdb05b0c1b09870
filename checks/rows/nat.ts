import type { LabOutputs } from '../../components/outputs';
import type { Node, Topology } from '../../components/topology';
import { itemsIf, listOf } from '../../util/optional';
import { problemUnless } from '../../util/problems';
import type { Check, Evidence } from '../check';
import { matches, parseConntrack, spell, type Direction, type Flow } from '../parsers/conntrack';
import { execFailure, execTwice, linesWith, shared, typeOne, type LabUnderTest } from '../lab';
import { parseAnswers, parseCounters, type CountedRule } from '../parsers/listings';
import type { TestPod } from '../probes/test-pods';

/** TTL of an answer: a pod sends 64, each of the two workers subtracts one, a VPC's router subtracts none. */
export const EXPECTED_TTL = 62;

const COUNTERS = 'sudo iptables -t nat -L POSTROUTING -v -n -x';

/** Formats where to look if a packet between pods on two workers does not arrive. */
export function lookBetween(plan: Topology, from: Node, to: Node, masqueraded: boolean): string {
  const route = (node: Node): string =>
    `the VPC route ${plan.routes.find(({ nextHop }) => nextHop === node.name)?.destination} -> ${node.name}`;
  // Without masquerading, answers go to the pod's own address and need the route of the sending worker.
  let inVpc = `${route(to)}, ${route(from)}, and at the source/destination checks of ${from.name} and ${to.name}`;
  if (masqueraded) inVpc = `${route(to)}, and at ${to.name}'s source/destination check`;
  return `look at ${inVpc}; then at \`sudo iptables -S FORWARD\` on both`;
}

/** Returns a phrase if the TTL of a ping's answer is wrong. */
export function ttlProblem(answers: number[], from: string): string[] {
  const wrong = answers.find((ttl) => ttl !== EXPECTED_TTL);
  if (wrong === undefined) return [];
  return [
    `ttl=${wrong} from ${from}, expected ${EXPECTED_TTL} (64 less one for each of the two workers; a VPC's router subtracts none)`,
  ];
}

interface Ping {
  from: TestPod;
  to: TestPod;
  command: string;
  output: string;
  /** Error of kubectl if the ping printed nothing; else empty. */
  failure: string;
}

const isAnswered = (output: string): boolean => parseAnswers(output).length > 0;

async function pingBetween(lab: LabUnderTest, from: TestPod, to: TestPod): Promise<Ping> {
  const command = ['ping', '-c', '2', '-W', '2', to.ip];
  const ran = await execTwice(lab, from.name, command, ({ stdout }) => isAnswered(stdout));
  const { stdout, stderr, typed } = ran;
  return { from, to, command: typed, output: stdout || stderr, failure: execFailure(ran) };
}

/** Pings from worker-0 to worker-1 like the article, and reads tracked connections and counters of both workers. */
const firstPing = shared(async (lab: LabUnderTest) => {
  const [source, dest] = lab.workers;
  const [from, to] = await Promise.all([
    lab.pods.busybox(source.name),
    lab.pods.busybox(dest.name),
  ]);
  const before = await typeOne(lab, source.name, COUNTERS);
  const ping = await pingBetween(lab, from, to);
  const tracked = `sudo conntrack -L | grep ${to.ip}`;
  const [onSource, onDest, after] = await Promise.all([
    typeOne(lab, source.name, tracked),
    typeOne(lab, dest.name, tracked),
    typeOne(lab, source.name, COUNTERS),
  ]);
  return { source, dest, from, to, ping, tracked, onSource, onDest, before, after };
});

/** Pings from a worker to the next one. The ping of the first worker is the article's. */
async function pingOf(lab: LabUnderTest, at: number): Promise<Ping> {
  if (at === 0) return (await firstPing(lab)).ping;
  const pair = [lab.workers[at], lab.workers[(at + 1) % lab.workers.length]];
  const [from, to] = await Promise.all(pair.map(({ name }) => lab.pods.busybox(name)));
  return pingBetween(lab, from, to);
}

/** Returns the lines of a ping's output for the evidence: all of the first worker, else the first answer. */
function shownLines(output: string, at: number): string[] {
  if (at === 0) return linesWith(output, /bytes from|packet loss/);
  return linesWith(output, /packet loss|ttl=.*seq=0|seq=0.*ttl=/);
}

async function pingFrom(
  lab: LabUnderTest,
  at: number,
): Promise<{ lines: string[]; problems: string[]; command: string }> {
  const source = lab.workers[at];
  const dest = lab.workers[(at + 1) % lab.workers.length];
  const { from, to, output, command, failure } = await pingOf(lab, at);
  const answers = parseAnswers(output);
  const look = lookBetween(lab.topology, source, dest, lab.outputs.ipMasq);
  const problems = [
    ...itemsIf(failure, `ping in pod ${from.name} printed nothing: ${failure}`),
    ...problemUnless(
      answers.length > 0 || failure,
      `pod ${to.ip} on ${dest.name} did not answer from ${from.ip} on ${source.name}: ${look}`,
    ),
    ...ttlProblem(answers, `${to.ip} on ${dest.name}`),
  ];
  return {
    lines: shownLines(output, at).map((line) => `${source.name} -> ${dest.name}: ${line}`),
    problems,
    command,
  };
}

const natPing: Check = {
  id: 'nat.ping',
  title: 'A pod pings a pod on another worker',
  node: 'a pod on every worker',
  command: 'kubectl exec BUSYBOX_0 -- ping -c 2 POD_1',
  expected: `answers with ttl=${EXPECTED_TTL}`,
  stage: 'network',
  workers: 2,
  dependsOn: ['nodes.ping', 'cni.config', 'pod.bridge', 'route.host', 'route.vpc'],
  async run(lab): Promise<Evidence> {
    const seen = await Promise.all(
      lab.workers.map((_, at) =>
        pingFrom(lab, at).catch((error: Error) => ({
          lines: [],
          problems: [error.message],
          command: '',
        })),
      ),
    );
    return {
      node: 'laptop',
      command: seen[0].command || natPing.command,
      expected: `answers with ttl=${EXPECTED_TTL}, from ${lab.workers[0].name}'s pod to ${lab.workers[1].name}'s and so on around the workers`,
      evidence: seen.flatMap(({ lines }) => lines).join('\n'),
      problems: seen.flatMap(({ problems }) => problems),
      look: '',
    };
  },
};

/** Returns a phrase unless one of a node's flows has this original and this reply. */
export function flowProblems(
  flows: Flow[],
  original: Partial<Direction>,
  reply: Partial<Direction>,
): string[] {
  if (flows.some((flow) => matches(flow.original, original) && matches(flow.reply, reply)))
    return [];
  const near = flows.find((flow) => matches(flow.original, original)) ?? flows[0];
  const wanted = `${spell(original)} ... ${spell(reply)}`;
  if (!near) return [`no connection ${wanted}`];
  const { src, dst } = near.original;
  return [
    `${spell({ src, dst })} ... ${spell({ src: near.reply.src, dst: near.reply.dst })}, expected ${wanted}`,
  ];
}

const icmpFlows = (text: string): Flow[] =>
  parseConntrack(text).filter(({ protocol }) => protocol === 'icmp');

/**
 * Returns the flows of pings to `to` from these senders. Pods reuse addresses, so older flows of other senders may
 * exist.
 */
const toPod = (flows: Flow[], to: string, senders: string[]): Flow[] =>
  flows.filter(({ original }) => original.dst === to && senders.includes(original.src));

function withoutMasquerade(outputs: LabOutputs): string | undefined {
  if (outputs.ipMasq) return undefined;
  return 'ipMasq is false in the config, so no packet is masqueraded (see nat.off)';
}

const natMasqSource: Check = {
  id: 'nat.masq.source',
  title: "The sending worker masquerades the pod's ping",
  node: 'worker-0',
  command: 'sudo conntrack -L | grep POD_1',
  expected: 'icmp src=POD_0 dst=POD_1 ... src=POD_1 dst=WORKER_0',
  stage: 'network',
  workers: 2,
  dependsOn: ['cni.config', 'nat.ping'],
  skip: withoutMasquerade,
  async run(lab): Promise<Evidence> {
    const { source, from, to, onSource, tracked } = await firstPing(lab);
    const flows = toPod(icmpFlows(onSource), to.ip, [from.ip]);
    const [original, reply] = [
      { src: from.ip, dst: to.ip },
      { src: to.ip, dst: source.privateIp },
    ];
    return {
      node: source.name,
      command: tracked,
      expected: `icmp ${spell(original)} ... ${spell(reply)}`,
      evidence: flows.map(({ line }) => line).join('\n') || onSource.trim(),
      problems: flowProblems(flows, original, reply),
      look: `look at ipMasq in ${source.name}'s CNI config, and at the CNI- chains in \`sudo iptables-save -t nat\``,
    };
  },
};

const natMasqDest: Check = {
  id: 'nat.masq.dest',
  title: "The receiving worker sees the ping come from the other worker's address",
  node: 'worker-1',
  command: 'sudo conntrack -L | grep POD_1',
  expected: 'icmp src=WORKER_0 dst=POD_1 ... src=POD_1 dst=WORKER_0',
  stage: 'network',
  workers: 2,
  dependsOn: ['cni.config', 'nat.ping'],
  skip: withoutMasquerade,
  async run(lab): Promise<Evidence> {
    const { source, dest, from, to, onDest, tracked } = await firstPing(lab);
    const flows = toPod(icmpFlows(onDest), to.ip, [source.privateIp, from.ip]);
    const [original, reply] = [
      { src: source.privateIp, dst: to.ip },
      { src: to.ip, dst: source.privateIp },
    ];
    let look = `look at ipMasq in ${source.name}'s CNI config`;
    if (flows.length === 0)
      look = `the ping did not arrive: ${lookBetween(lab.topology, source, dest, true)}`;
    return {
      node: dest.name,
      command: tracked,
      expected: `icmp ${spell(original)} ... ${spell(reply)}`,
      evidence: flows.map(({ line }) => line).join('\n') || onDest.trim(),
      problems: flowProblems(flows, original, reply),
      look,
    };
  },
};

/** Returns the masquerading rule of one pod: by its address (current CNI plugins), or by the pod CIDR (2018). */
function podRule(listing: string, pod: TestPod, podCidr: string): CountedRule | undefined {
  const rules = parseCounters(listing).filter(
    ({ target, comment }) => target.startsWith('CNI-') && comment.includes('name: "bridge"'),
  );
  return (
    rules.find(({ source }) => source === pod.ip) ?? rules.find(({ source }) => source === podCidr)
  );
}

const natCounter: Check = {
  id: 'nat.counter',
  title: 'The masquerading rule counts the ping',
  node: 'worker-0',
  command: COUNTERS,
  expected:
    'a rule to a CNI- chain for the pod, with the comment name: "bridge", and a rising counter',
  stage: 'network',
  workers: 2,
  dependsOn: ['cni.config', 'nat.ping'],
  // The evidence has the rule before the ping and after it.
  summaryLine: /^[1-9]/,
  skip: withoutMasquerade,
  async run(lab): Promise<Evidence> {
    const { source, from, before, after } = await firstPing(lab);
    const [first, second] = [before, after].map((listing) =>
      podRule(listing, from, source.podCidr!),
    );
    return {
      node: source.name,
      command: COUNTERS,
      expected: `a rule from ${from.ip} to a CNI- chain with name: "bridge", its counter higher after a ping`,
      evidence: [first, second].flatMap((rule) => listOf(rule?.line)).join('\n'),
      problems: [
        ...problemUnless(second, `POSTROUTING has no rule for ${from.ip} to a CNI- chain`),
        ...listOf(second?.packets)
          .filter((packets) => packets <= (first?.packets ?? 0))
          .map(
            (packets) =>
              `the counter stayed at ${packets} over a ping: look at the rules before it in POSTROUTING, one of which may match first`,
          ),
      ],
      look: `look at ipMasq in ${source.name}'s CNI config: a pod keeps the rules from its creation`,
    };
  },
};

export const natChecks: Check[] = [natPing, natMasqSource, natMasqDest, natCounter];
