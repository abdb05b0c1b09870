import { iptablesRules } from './iptables';
import { typeOne, until, type Lab } from './lab';
import { nftablesRules } from './nftables';
import type { Destination, ServiceRules } from './servicepath';

/** kube-proxy writes new rules within a second or two. */
export const PROXY_SECONDS = 6;

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
export function pathProblems(rules: ServiceRules, wanted: Wanted[]): { lines: string[]; problems: string[] } {
  const paths = wanted.map(({ to, targets }) => {
    const path = rules.path(to);
    const right = [...path.targets].sort().join() === [...targets].sort().join();
    const name = to.address ?? `NodePort ${to.port}`;
    const problems = path.problems.length > 0 || right ? path.problems : [`${name} leads to ${path.targets.join(', ')}, expected ${targets.join(', ')}`];
    return { lines: path.lines, problems };
  });
  return { lines: paths.flatMap(({ lines }) => lines), problems: paths.flatMap(({ problems }) => problems) };
}

/**
 * Judges every worker's rules, giving kube-proxy its time to write them. Shows the first worker with a problem, else the first.
 */
export async function judgeRules(
  lab: Lab,
  judge: (rules: ServiceRules) => { lines: string[]; problems: string[] },
): Promise<{ command: string; evidence: string; problems: string[] }> {
  const { command, read } = proxyRules(lab);
  const look = async (worker: string): Promise<{ lines: string[]; problems: string[] }> =>
    until(PROXY_SECONDS, async () => judge(read(await typeOne(lab, worker, command))), ({ problems }) => problems.length === 0);
  const seen = await Promise.all(
    lab.workers.map(async ({ name }) => {
      const { lines, problems } = await look(name).catch((error: Error) => ({ lines: [], problems: [error.message] }));
      return { name, lines, problems };
    }),
  );
  const shown = seen.find(({ problems }) => problems.length > 0) ?? seen[0];
  return {
    command,
    evidence: shown.lines.map((line) => `${shown.name}: ${line}`).join('\n'),
    problems: seen.flatMap(({ name, problems }) => problems.map((problem) => (problem.includes(name) ? problem : `${name}: ${problem}`))),
  };
}
