import { type CloudName, reaches } from '../components/config';
import type { LabOutputs } from '../components/outputs';
import { textIf } from '../util/optional';
import type { Access } from './access';
import { allChecks, checks, checksOf, missingConfig } from './registry';
import { mergeNodes } from './merge-nodes';
import { explainNoAnswer, isNoAnswer } from './unreachable';
import { pointToCauses } from './root-cause';
import type { Check, CheckResult, Report } from './check';
import { firstLine, type LabUnderTest } from './lab';
import { testPods } from './probes/test-pods';
import { joinNames } from '../util/join-names';

/** Progress of `verify`. */
export type VerifyEvent =
  | { kind: 'start'; checks: number }
  | { kind: 'check'; result: CheckResult }
  /** Leftovers of the checks stay in the lab. */
  | { kind: 'leftover'; message: string };

export interface VerifyOptions {
  /** Ids of the checks to run. Default: all checks of a lab of this config. */
  only?: string[];
  report?: (event: VerifyEvent) => void;
  /** Ends the run early: `verify` deletes its test pods, then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Time limit of one check. */
const CHECK_SECONDS = 120;

/** Returns the checks with these ids, or all checks. Throws an Error that names every unknown id. */
export function select(only?: string[]): Check[] {
  if (only === undefined || only.length === 0) return allChecks;
  const unknown = only.filter((id) => !allChecks.some((check) => check.id === id));
  if (unknown.length > 0) {
    throw new Error(
      `no check has the id ${unknown.join(', ')}; the ids are ${allChecks.map((check) => check.id).join(', ')}`,
    );
  }
  return allChecks.filter((check) => only.includes(check.id));
}

/** Returns why a check does not apply to a lab of this config, or `undefined`. */
export function skipReason(check: Check, outputs: LabOutputs): string | undefined {
  const missing = missingConfig(check, outputs);
  if (missing.length > 0) return `the check needs a lab with ${joinNames(missing)}`;
  if (!reaches(outputs.stage, check.stage)) {
    if (check.stage === 'cluster') return `the lab's stage is ${outputs.stage}, which has no DNS`;
    return `the lab's stage is ${outputs.stage}, which has no cluster`;
  }
  const workers = outputs.topology.nodes.filter(({ role }) => role === 'worker').length;
  if (workers < check.workers)
    return `the check needs ${check.workers} workers, and the lab has ${workers}`;
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
    // An aborted run doesn't wait for a check that hangs.
    timer.unref();
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Joins problems, each once, and adds where to look unless each problem says so itself. */
function explain(problems: string[], look: string, nodes: string[]): string {
  const merged = mergeNodes(problems, nodes);
  if (problems.every(isNoAnswer)) return explainNoAnswer(merged);
  const joined = merged.join('; ');
  if (look === '' || problems.every((problem) => problem.includes('look at'))) return joined;
  return `${joined}: ${look}`;
}

async function runCheck(check: Check, lab: LabUnderTest): Promise<CheckResult> {
  const skipped = skipReason(check, lab.outputs);
  if (skipped !== undefined)
    return { ...described(check), evidence: '', status: 'skip', reason: skipped };
  const nodes = lab.topology.nodes.map(({ name }) => name);
  try {
    const { problems, look, ...seen } = await within(CHECK_SECONDS, check.run(lab));
    const { id, title } = check;
    if (problems.length === 0) return { id, title, ...seen, status: 'pass', reason: '' };
    const evidence = textIf(!problems.every(isNoAnswer), seen.evidence);
    return { id, title, ...seen, evidence, status: 'fail', reason: explain(problems, look, nodes) };
  } catch (error) {
    const reason = explain([(error as Error).message], '', nodes);
    return { ...described(check), evidence: '', status: 'fail', reason };
  }
}

function summary(lab: string, cloud: CloudName, seconds: number, results: CheckResult[]): Report {
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

/**
 * Wraps `access` so that an unreachable API server is detected once: every later call of kubectl then fails
 * immediately. `apiFailure` is `undefined` until kubectl is called for the first time.
 */
function detectApiFailure(access: Access): {
  guarded: Access;
  apiFailure(): Promise<string | undefined> | undefined;
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
    const failure = await (looked ??= look());
    if (failure) throw new Error(failure);
    return access.kubectl(args, stdin);
  };
  return { guarded: { ...access, kubectl }, apiFailure: () => looked };
}

/** Rejects when the signal is aborted. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason as Error);
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/**
 * Runs the checks in parallel on dedicated test pods, and deletes the pods afterwards. A check that can't run is
 * a failed check, so `verify` rejects only on an unknown id and when the signal is aborted.
 * The caller closes `access`.
 */
export async function verify(access: Access, options: VerifyOptions = {}): Promise<Report> {
  const started = Date.now();
  const report = options.report ?? (() => undefined);
  const { outputs } = access;
  const selected = options.only?.length ? select(options.only) : checksOf(outputs);
  const { topology } = outputs;
  const workers = topology.nodes.filter(({ role }) => role === 'worker');
  const controllers = topology.nodes.filter(({ role }) => role === 'controller');
  report({ kind: 'start', checks: selected.length });
  const { guarded, apiFailure } = detectApiFailure(access);
  const lab: LabUnderTest = {
    access: guarded,
    outputs,
    topology,
    workers,
    controllers,
    pods: testPods(guarded, workers, outputs.config.loadBalancer),
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
    // An API server that never answered has created no test pods.
    if (!(await apiFailure()))
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

/** Builds the report on a lab that is not up: every row of the article failed for that reason. */
export function downReport(lab: string, cloud: CloudName, reason: string): Report {
  const results = checks.map((check): CheckResult => ({
    ...described(check),
    evidence: '',
    status: 'fail',
    reason,
  }));
  return summary(lab, cloud, 0, results);
}
