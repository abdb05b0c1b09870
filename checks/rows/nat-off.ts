import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import type { Node } from '../../components/topology';
import { problemUnless } from '../../util/problems';
import type { Held } from '../access';
import type { Check, Evidence } from '../check';
import { parseConntrack, spell } from '../parsers/conntrack';
import { linesWith, typeOne, type LabUnderTest } from '../lab';
import { parseAnswers } from '../parsers/listings';
import { bridgeConfig, cniFile } from './cni';
import { EXPECTED_TTL, flowProblems, lookBetween, ttlProblem } from './nat';

/** Returns the bridge plugin's config without ipMasq. */
export function withoutMasquerade(config: string): string {
  const { ipMasq: _, ...rest } = bridgeConfig(config);
  return JSON.stringify(rest);
}

interface Scratch extends Held {
  ip: string;
}

/** Attaches a scratch namespace to the worker's bridge, like a pod, with a CNI config without ipMasq. */
async function attach(lab: LabUnderTest, worker: Node): Promise<Scratch> {
  const script = fs.readFileSync(path.join(root, 'checks/probes/scratch-namespace.sh'), 'utf8');
  const config = withoutMasquerade(await typeOne(lab, worker.name, `cat ${cniFile(lab.outputs)}`));
  const held = await lab.access
    .hold(worker.name, script, [lab.pods.namespace, config])
    .catch((error: Error) => {
      throw new Error(
        `the CNI plugin did not attach the scratch namespace on ${worker.name}: ${error.message}`,
      );
    });
  const ip = /"address":\s*"([\d.]+)\//.exec(held.line)?.[1];
  if (ip !== undefined) return { ...held, ip };
  await held.release();
  throw new Error(`the CNI plugin assigned no address on ${worker.name}: ${held.line}`);
}

/** Pings from one scratch namespace to the other, and reads the tracked connections of both workers. */
async function experiment(
  lab: LabUnderTest,
  [source, dest]: Node[],
  from: string,
  to: string,
): Promise<Evidence> {
  const command = `sudo ip netns exec ${lab.pods.namespace} ping -c 2 -i 0.2 -W 2 ${to}`;
  const output = await typeOne(lab, source.name, `${command} || true`);
  const tracked = `sudo conntrack -L | grep ${to}`;
  const workers = [source, dest];
  const listings = await Promise.all(workers.map((worker) => typeOne(lab, worker.name, tracked)));
  const answers = parseAnswers(output);
  const original = { src: from, dst: to };
  const reply = { src: to, dst: from };
  const flows = listings.map((listing) =>
    parseConntrack(listing).filter(({ protocol }) => protocol === 'icmp'),
  );
  const problems = [
    ...problemUnless(
      answers.length > 0,
      `${to} on ${dest.name} did not answer from ${from} on ${source.name}`,
    ),
    ...ttlProblem(answers, `${to} on ${dest.name}`),
    ...workers.flatMap((worker, at) =>
      flowProblems(flows[at], original, reply).map((problem) => `${worker.name} tracks ${problem}`),
    ),
  ];
  let look = lookBetween(lab.topology, source, dest, false);
  if (answers.length > 0)
    look = `look in \`sudo iptables -t nat -L POSTROUTING\` on both for a rule that is neither CNI's nor kube-proxy's`;
  return {
    node: `${source.name}, ${dest.name}`,
    command: `${command}; ${tracked} (on both)`,
    expected: `ttl=${EXPECTED_TTL}; on both workers icmp ${spell(original)} ... ${spell(reply)}: no NAT`,
    evidence: [
      ...linesWith(output, /bytes from|packet loss/),
      ...workers.flatMap((worker, at) => flows[at].map(({ line }) => `${worker.name}: ${line}`)),
    ].join('\n'),
    problems,
    look,
  };
}

const natOff: Check = {
  id: 'nat.off',
  title: 'Without ipMasq, pods reach each other without NAT',
  node: 'worker-0, worker-1',
  command: `sudo ip netns exec SCRATCH ping -c 2 SCRATCH_1; sudo conntrack -L | grep SCRATCH_1 (on both)`,
  expected: `ttl=${EXPECTED_TTL}; on both workers icmp src=SCRATCH_0 dst=SCRATCH_1 ... src=SCRATCH_1 dst=SCRATCH_0`,
  stage: 'network',
  workers: 2,
  dependsOn: ['cni.config', 'route.vpc', 'nat.ping'],
  async run(lab): Promise<Evidence> {
    const pair = lab.workers.slice(0, 2);
    const attached = await Promise.allSettled(pair.map((worker) => attach(lab, worker)));
    try {
      const failed = attached.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason as Error;
      const [from, to] = attached.map(
        (result) => (result as PromiseFulfilledResult<Scratch>).value.ip,
      );
      return await experiment(lab, pair, from, to);
    } finally {
      const scratch = attached.filter((result) => result.status === 'fulfilled');
      await Promise.all(scratch.map(({ value }) => value.release()));
    }
  },
};

export const natOffChecks: Check[] = [natOff];
