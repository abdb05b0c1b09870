import type { Cloud } from '../components/config';
import type { LabOutputs } from '../components/outputs';
import { reaches } from '../components/config/stage';
import type { Access } from './access';
import { checks } from './registry';
import { pointToCauses } from './root-cause';
import type { Check, CheckResult, Report } from './check';
import { firstLine, type Lab } from './lab';
import { testPods } from './probes/test-pods';

/** What `verify` tells while it runs. */
export type VerifyEvent =
  | { kind: 'start'; checks: number }
  | { kind: 'check'; result: CheckResult }
  /** Leftovers of the checks stay in the lab. */
  | { kind: 'leftover'; message: string };

export interface VerifyOptions {
  /** Only the checks with these ids. */
  only?: string[];
  report?: (event: VerifyEvent) => void;
  /** Ends the run early: what it made in the lab is taken away, then `verify` rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** No check takes longer, whatever hangs. */
const CHECK_SECONDS = 120;

/** The checks with these ids, or all. Throws an Error that names every id that isn't one. */
export function select(only?: string[]): Check[] {
  if (only === undefined || only.length === 0) return checks;
  const unknown = only.filter((id) => !checks.some((check) => check.id === id));
  if (unknown.length > 0) {
    throw new Error(
      `no check is called ${unknown.join(', ')}; there are ${checks.map((check) => check.id).join(', ')}`,
    );
  }
  return checks.filter((check) => only.includes(check.id));
}

/** Why a check doesn't apply to a lab of this config, or undefined. */
export function skipReason(check: Check, outputs: LabOutputs): string | undefined {
  if (!reaches(outputs.stage, check.stage)) {
    const missing = check.stage === 'cluster' ? 'there is no DNS' : 'there is no cluster';
    return `the lab's stage is ${outputs.stage}: ${missing}`;
  }
  const workers = outputs.topology.nodes.filter(({ role }) => role === 'worker').length;
  if (workers < check.workers)
    return `it takes ${check.workers} workers, and the lab has ${workers}`;
  return check.skip?.(outputs);
}

const described = ({ id, title, node, command, expected }: Check) => ({
  id,
  title,
  node,
  command,
  expected,
});

async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result after ${seconds} s`)), seconds * 1000);
    // A run that was told to stop doesn't wait for what still hangs.
    timer.unref();
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** What was seen instead, each thing once, and where to look, unless that was said with it. */
function explain(problems: string[], look: string): string {
  const seen = [...new Set(problems)].join('; ');
  return look === '' || problems.every((problem) => problem.includes('look at'))
    ? seen
    : `${seen}: ${look}`;
}

async function runCheck(check: Check, lab: Lab): Promise<CheckResult> {
  const skipped = skipReason(check, lab.outputs);
  if (skipped !== undefined)
    return { ...described(check), evidence: '', status: 'skip', reason: skipped };
  try {
    const { problems, look, ...seen } = await within(CHECK_SECONDS, check.run(lab));
    const { id, title } = check;
    if (problems.length === 0) return { id, title, ...seen, status: 'pass', reason: '' };
    return { id, title, ...seen, status: 'fail', reason: explain(problems, look) };
  } catch (error) {
    return { ...described(check), evidence: '', status: 'fail', reason: (error as Error).message };
  }
}

function summary(lab: string, cloud: Cloud, seconds: number, results: CheckResult[]): Report {
  const count = (status: CheckResult['status']): number =>
    results.filter((result) => result.status === status).length;
  return {
    lab,
    cloud,
    seconds,
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skip'),
    checks: results,
  };
}

/** The same access, but for an API that does not answer at all: it is asked once, and each check is told so at once. */
function throughApi(access: Access): {
  guarded: Access;
  trouble(): Promise<string | undefined> | undefined;
} {
  const look = async (): Promise<string | undefined> => {
    const { code, stderr } = await access.kubectl([
      'get',
      '--raw',
      '/readyz',
      '--request-timeout=5s',
    ]);
    if (code === 0) return undefined;
    return `the API at ${access.outputs.apiServer} does not answer (${firstLine(stderr)}): look at \`./lab status\`, and at kube-apiserver and etcd on the controllers`;
  };
  let looked: Promise<string | undefined> | undefined;
  const kubectl: Access['kubectl'] = async (args, stdin) => {
    const trouble = await (looked ??= look());
    if (trouble) throw new Error(trouble);
    return access.kubectl(args, stdin);
  };
  return { guarded: { ...access, kubectl }, trouble: () => looked };
}

/** Rejects when the signal is given. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason as Error);
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/**
 * Runs the checks side by side, on test pods of its own, and takes everything away again. What a check finds, or what
 * keeps it from finding anything, is in its result: this rejects only on an unknown id and when it is told to stop.
 * The caller closes `access`.
 */
export async function verify(access: Access, options: VerifyOptions = {}): Promise<Report> {
  const started = Date.now();
  const report = options.report ?? (() => undefined);
  const selected = select(options.only);
  const { outputs } = access;
  const { topology } = outputs;
  const workers = topology.nodes.filter(({ role }) => role === 'worker');
  const controllers = topology.nodes.filter(({ role }) => role === 'controller');
  report({ kind: 'start', checks: selected.length });
  const { guarded, trouble } = throughApi(access);
  const lab: Lab = {
    access: guarded,
    outputs,
    topology,
    workers,
    controllers,
    pods: testPods(guarded, workers),
  };
  const runs = selected.map(async (check) => {
    const result = await runCheck(check, lab);
    if (!options.signal?.aborted) report({ kind: 'check', result });
    return result;
  });
  let results: CheckResult[];
  try {
    results = await Promise.race([Promise.all(runs), aborted(options.signal)]);
  } finally {
    // Where the API never answered nothing was made.
    if (!(await trouble()))
      await lab.pods
        .remove()
        .catch((error: Error) => report({ kind: 'leftover', message: error.message }));
  }
  return summary(
    outputs.lab,
    outputs.cloud,
    Math.round((Date.now() - started) / 100) / 10,
    pointToCauses(results),
  );
}

/** The report on a lab that can't be looked at: every check failed, for that reason. */
export function downReport(lab: string, cloud: Cloud, reason: string): Report {
  const results = checks.map((check): CheckResult => ({
    ...described(check),
    evidence: '',
    status: 'fail',
    reason,
  }));
  return summary(lab, cloud, 0, results);
}
