import { iptablesRules } from '../parsers/iptables';
import { typeOne, until, type Lab } from '../lab';
import { nftablesRules } from '../parsers/nftables';
import type { Destination, ServiceRules } from '../parsers/service-path';
import { unitProblems } from './units';

/** kube-proxy writes new rules within a second or two; on a machine with other work it is later. */
export const PROXY_SECONDS = 10;

/** How a reader lists kube-proxy's rules, and how they are read. */
function proxyRules(lab: Lab): { command: string; read: (text: string) => ServiceRules } {
  return lab.outputs.proxyMode === 'nftables'
    ? { command: 'sudo nft list ruleset', read: nftablesRules }
    : { command: 'sudo iptables-save -t nat', read: iptablesRules };
}

/** A service's address or NodePort, and the `address:port` of each pod it must lead to. */
export interface Wanted {
  to: Destination;
  targets: string[];
}

/** What is wrong with one worker's ways to some services; the rules it shows are the evidence. */
export function pathProblems(rules: ServiceRules, wanted: Wanted[]): Seen {
  const paths = wanted.map(({ to, targets }) => {
    const path = rules.path(to);
    const right = [...path.targets].sort().join() === [...targets].sort().join();
    const name = to.address ?? `NodePort ${to.port}`;
    const problems =
      path.problems.length > 0 || right
        ? path.problems
        : [`${name} leads to ${path.targets.join(', ')}, expected ${targets.join(', ')}`];
    return { lines: path.lines, problems };
  });
  return {
    lines: paths.flatMap(({ lines }) => lines),
    problems: paths.flatMap(({ problems }) => problems),
  };
}

interface Seen {
  lines: string[];
  problems: string[];
}

/** Judges one worker's rules, giving kube-proxy its time to write them; where it doesn't run, that is a problem too. */
export async function workerRules(
  lab: Lab,
  worker: string,
  judge: (rules: ServiceRules) => Seen,
): Promise<Seen> {
  const { command, read } = proxyRules(lab);
  const look = async (): Promise<Seen & { stopped: string[] }> => {
    const seen = judge(read(await typeOne(lab, worker, command)));
    return {
      ...seen,
      stopped:
        seen.problems.length > 0 ? await unitProblems(lab.access, worker, ['kube-proxy']) : [],
    };
  };
  const { lines, problems, stopped } = await until(
    PROXY_SECONDS,
    look,
    (seen) => seen.problems.length === 0 || seen.stopped.length > 0,
  );
  return {
    lines,
    problems: [...stopped, ...problems].map((problem) =>
      problem.includes(worker) ? problem : `${worker}: ${problem}`,
    ),
  };
}

/** Judges every worker's rules. Shows those of the first worker with a problem, else of the first. */
export async function judgeRules(
  lab: Lab,
  judge: (rules: ServiceRules) => Seen,
): Promise<{ command: string; evidence: string; problems: string[] }> {
  const seen = await Promise.all(
    lab.workers.map(async ({ name }) => ({
      name,
      ...(await workerRules(lab, name, judge).catch((error: Error): Seen => ({
        lines: [],
        problems: [error.message],
      }))),
    })),
  );
  const shown = seen.find(({ problems }) => problems.length > 0) ?? seen[0];
  return {
    command: proxyRules(lab).command,
    evidence: shown.lines.map((line) => `${shown.name}: ${line}`).join('\n'),
    problems: seen.flatMap(({ problems }) => problems),
  };
}
