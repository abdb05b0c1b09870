import { iptablesRules } from '../parsers/iptables';
import { typeOne, type LabUnderTest } from '../lab';
import { poll } from '../../util/poll';
import { problemUnless } from '../../util/problems';
import { nftablesRules } from '../parsers/nftables';
import type { Destination, ServiceRules } from '../parsers/service-path';
import { unitProblems } from './units';

/** Time limit for kube-proxy's rules. kube-proxy writes new rules within 2 seconds, on a busy host later. */
export const PROXY_WAIT = { limit: 10_000, interval: 200 };

/** Family of kube-proxy's rules, as nft calls it. */
type Family = 'ip' | 'ip6';

/** Returns the command that lists kube-proxy's rules, and the parser of its output. */
function proxyRules(
  lab: LabUnderTest,
  family: Family,
): { command: string; read: (text: string) => ServiceRules } {
  if (lab.outputs.proxyMode === 'nftables')
    return { command: 'sudo nft list ruleset', read: (text) => nftablesRules(text, family) };
  return { command: `sudo ${family}tables-save -t nat`, read: iptablesRules };
}

/** Service's address or NodePort, and the `address:port` of each pod that it must lead to. */
export interface ExpectedPath {
  to: Destination;
  targets: string[];
}

/** Compares one worker's rules with the expected paths. Returns the rules as evidence, and the differences. */
export function pathProblems(rules: ServiceRules, expected: ExpectedPath[]): RuleEvidence {
  const paths = expected.map(({ to, targets }) => {
    const path = rules.path(to);
    if (path.problems.length > 0) return { lines: path.lines, problems: path.problems };
    const name = to.address ?? `NodePort ${to.port}`;
    const problems = problemUnless(
      [...path.targets].sort().join() === [...targets].sort().join(),
      `${name} leads to ${path.targets.join(', ')}, expected ${targets.join(', ')}`,
    );
    return { lines: path.lines, problems };
  });
  return {
    lines: paths.flatMap(({ lines }) => lines),
    problems: paths.flatMap(({ problems }) => problems),
  };
}

/** Rules of one worker, and what is wrong with them. */
interface RuleEvidence {
  lines: string[];
  problems: string[];
}

/**
 * Judges one worker's rules, repeatedly until kube-proxy has had time to write them. If kube-proxy does not run, that
 * is a problem too.
 */
export async function workerRules(
  lab: LabUnderTest,
  worker: string,
  judge: (rules: ServiceRules) => RuleEvidence,
  family: Family = 'ip',
): Promise<RuleEvidence> {
  const { command, read } = proxyRules(lab, family);
  const look = async (): Promise<RuleEvidence & { stopped: string[] }> => {
    const seen = judge(read(await typeOne(lab, worker, command)));
    if (seen.problems.length === 0) return { ...seen, stopped: [] };
    return { ...seen, stopped: await unitProblems(lab.access, worker, ['kube-proxy']) };
  };
  const { lines, problems, stopped } = await poll(look, {
    ...PROXY_WAIT,
    satisfies: (seen) => seen.problems.length === 0 || seen.stopped.length > 0,
  });
  return {
    lines,
    problems: [...stopped, ...problems].map((problem) => {
      if (problem.includes(worker)) return problem;
      return `${worker}: ${problem}`;
    }),
  };
}

/** Judges every worker's rules. The evidence is that of the first worker with a problem, else of the first worker. */
export async function judgeRules(
  lab: LabUnderTest,
  judge: (rules: ServiceRules) => RuleEvidence,
  family: Family = 'ip',
): Promise<{ command: string; evidence: string; problems: string[] }> {
  const seen = await Promise.all(
    lab.workers.map(async ({ name }) => ({
      name,
      ...(await workerRules(lab, name, judge, family).catch((error: Error): RuleEvidence => ({
        lines: [],
        problems: [error.message],
      }))),
    })),
  );
  const shown = seen.find(({ problems }) => problems.length > 0) ?? seen[0];
  return {
    command: proxyRules(lab, family).command,
    evidence: shown.lines.map((line) => `${shown.name}: ${line}`).join('\n'),
    problems: seen.flatMap(({ problems }) => problems),
  };
}
