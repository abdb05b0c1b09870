import { problemUnless } from '../../../util/problems';
import type { Check, Evidence } from '../../check';
import { linesWith, shared, typeOne, type LabUnderTest } from '../../lab';
import { parseConntrack, spell } from '../../parsers/conntrack';
import { parseAnswers } from '../../parsers/listings';
import type { TestPod } from '../../probes/test-pods';
import { EXPECTED_TTL, flowProblems, ttlProblem } from '../nat';
import { gather, placeOf, planOf } from './gather';

interface Ping {
  from: TestPod;
  to: TestPod;
  command: string;
  output: string;
  answers: number[];
}

/** Pings from each worker's busybox the busybox of the next worker. */
const pings = shared(async (lab: LabUnderTest): Promise<Promise<Ping>[]> => {
  const { namespace } = lab.pods;
  return lab.workers.map(async ({ name }, at) => {
    const next = lab.workers[(at + 1) % lab.workers.length].name;
    const [from, to] = await Promise.all([lab.pods.busybox(name), lab.pods.busybox(next)]);
    const ping = ['ping', '-6', '-c', '2', '-W', '2', to.ip6];
    const args = ['-n', namespace, 'exec', from.name, '--', ...ping];
    const { stdout, stderr } = await lab.access.kubectl(args);
    const output = stdout || stderr;
    const command = `kubectl ${args.join(' ')}`;
    return { from, to, command, output, answers: parseAnswers(output) };
  });
});

const natPing: Check = {
  id: 'ipv6.nat.ping',
  title: 'A pod pings a pod on another worker over IPv6',
  node: 'a pod on every worker',
  command: 'kubectl exec BUSYBOX_0 -- ping -6 -c 2 POD_1_IPV6',
  expected: `answers with hop limit (ttl) ${EXPECTED_TTL}`,
  stage: 'network',
  workers: 2,
  config: { ipFamily: 'dual' },
  dependsOn: [
    'ipv6.nodes.ping',
    'ipv6.pod.address',
    'ipv6.route.pod',
    'ipv6.route.host',
    'ipv6.route.vpc',
  ],
  async run(lab): Promise<Evidence> {
    const all = await pings(lab);
    const plan = planOf(lab);
    const seen = await gather(lab.workers, async (worker, at) => {
      const { from, to, output, answers } = await all[at];
      const route = plan.routes.find(({ nextHop }) => nextHop === to.node)!;
      return {
        lines: linesWith(output, /bytes from|packet loss/).map(
          (line) => `${worker.name} -> ${to.node}: ${line}`,
        ),
        problems: [
          ...problemUnless(
            answers.length > 0,
            `pod ${to.ip6} on ${to.node} did not answer from ${from.ip6} on ${worker.name}: look at the VPC route ${route.destination} -> ${to.node}, at the source/destination checks of both, and at \`sudo ip6tables -S FORWARD\``,
          ),
          ...ttlProblem(answers, `${to.ip6} on ${to.node}`),
        ],
      };
    });
    const first = await all[0].catch(() => undefined);
    return {
      node: 'laptop',
      command: first?.command ?? natPing.command,
      expected: `answers with ttl=${EXPECTED_TTL} from worker to worker, around all workers`,
      ...seen,
      look: '',
    };
  },
};

const natNone: Check = {
  id: 'ipv6.nat.none',
  title: 'Pods reach each other over IPv6 without NAT, on both workers',
  node: 'worker-0, worker-1',
  command: 'sudo conntrack -L -f ipv6 | grep POD_1_IPV6',
  expected: 'icmpv6 src=POD_0 dst=POD_1 ... src=POD_1 dst=POD_0',
  stage: 'network',
  workers: 2,
  config: { ipFamily: 'dual' },
  dependsOn: ['ipv6.nat.ping'],
  async run(lab): Promise<Evidence> {
    const pair = lab.workers.slice(0, 2);
    const { from, to } = await (await pings(lab))[0];
    const original = { src: from.ip6, dst: to.ip6 };
    const reply = { src: to.ip6, dst: from.ip6 };
    const command = `sudo conntrack -L -f ipv6 | grep ${to.ip6}`;
    const seen = await gather(pair, async ({ name }) => {
      const flows = parseConntrack(await typeOne(lab, name, command)).filter(
        ({ protocol }) => protocol === 'icmpv6',
      );
      return {
        lines: flows.map(({ line }) => `${name}: ${line}`),
        problems: flowProblems(flows, original, reply).map(
          (problem) => `${name} tracks ${problem}`,
        ),
      };
    });
    return {
      node: placeOf(pair),
      command,
      expected: `on both workers icmpv6 ${spell(original)} ... ${spell(reply)}: no NAT`,
      ...seen,
      look: "look at `sudo ip6tables -t nat -S POSTROUTING`, where the rule `pods need no NAT` must come before CNI's",
    };
  },
};

export const natChecks: Check[] = [natPing, natNone];
