import { TOOLCHAIN_VARIABLES, type ToolchainPaths, cachePath } from '../../toolchain';
import { updateAtomically } from '../../util/atomic-write';
import { cacheDirectory } from '../../util/directories';
import * as toolchain from '../../toolchain';
import { Interrupted, report, unable } from '../errors';
import { diskFull } from '../full-disk';
import type { Progress, Step } from '../ui/progress';
import { ProgressLine, roughly } from '../ui/progress-line';

/** Estimated seconds from which an installation shows how much time is left. */
const LONG_SECONDS = 60;

const DONE: Partial<Record<toolchain.Progress['state'], string>> = {
  downloading: 'downloaded',
  building: 'built',
  installing: 'installed',
};

/**
 * Shows the toolchain's progress as steps. An item that waits for a free worker is not shown, so
 * that its time is working time only.
 */
function shown(progress: Progress): toolchain.Report {
  const steps = new Map<string, { step: Step; how: string }>();
  const seen = new Set<string>();
  return ({ name, state, detail }) => {
    const known = steps.get(name);
    // An item that never ran waits for another command: that wait is shown.
    const itsTurn = state === 'waiting' && (detail === '' || seen.has(name));
    seen.add(name);
    if (state === 'done') known?.step.done(known.how);
    else if (state === 'failed') known?.step.failed();
    else if (itsTurn) {
      known?.step.drop();
      steps.delete(name);
    } else {
      const step = known?.step ?? progress.begin(name);
      if (detail === '') step.update(state);
      else if (state === 'waiting') step.update(`waiting ${detail}`);
      else step.update(`${state}: ${detail}`);
      steps.set(name, { step, how: DONE[state] ?? '' });
    }
  };
}

/** File in which the Pulumi program finds the paths of tree, store and images. */
export const noteFile = (): string => cachePath('toolchain.json');

/**
 * Records the paths of the nodes' parts for the Pulumi program: in the environment, and in a file
 * for runs of plain `pulumi`.
 */
function note({ tree, store, images }: toolchain.Toolchain): void {
  for (const [part, place] of Object.entries({ tree, store, images }))
    process.env[TOOLCHAIN_VARIABLES[part as keyof ToolchainPaths]] = place;
  updateAtomically(noteFile(), `${JSON.stringify({ tree, store, images }, null, 2)}\n`);
}

/**
 * Prints the programs that are going to be installed, if any. Returns the receiver of their
 * progress, which shows them as steps and estimates the time left.
 */
async function announce(scope: toolchain.Scope, progress: Progress): Promise<toolchain.Report> {
  const items = await toolchain.plan(scope);
  const report = shown(progress);
  if (items.length === 0) return report;
  const now = (): number => performance.now() / 1000;
  const estimate = new toolchain.Estimate(items, now());
  const { seconds } = estimate.remaining(now());
  progress.say(`Installing once (${roughly(seconds)}, kept in ${cacheDirectory()}):`);
  const width = Math.max(...items.map((item) => `${item.name} ${item.version ?? ''}`.length));
  for (const item of items)
    progress.say(`  ${`${item.name} ${item.version ?? ''}`.padEnd(width)}  ${item.from}`);
  const line = new ProgressLine();
  if (seconds >= LONG_SECONDS) progress.summarize(() => line.text(estimate.remaining(now())));
  return (news) => {
    estimate.record(news, now());
    report(news);
  };
}

/**
 * Installs programs. Ctrl-C may end the work at any point. Throws a Failure that lists every cause.
 */
async function installing<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  // Half-made parts are never used, and whole ones are kept.
  const interrupted = (): void => {
    progress.close();
    process.exit(
      report(
        new Interrupted(
          'Interrupted: what was installed so far is kept.',
          'the same command continues from here',
        ),
      ),
    );
  };
  process.on('SIGINT', interrupted);
  try {
    return await work();
  } catch (error) {
    if (error instanceof toolchain.ToolchainError)
      throw diskFull(error.message) ?? unable(error.message);
    throw error;
  } finally {
    process.off('SIGINT', interrupted);
    progress.summarize(undefined);
  }
}

/**
 * Returns all programs and images of a local lab, and installs missing ones. Throws a Failure that
 * lists every cause.
 */
export const setUp = (progress: Progress): Promise<toolchain.Toolchain> =>
  installing(progress, async () => {
    let complete = await toolchain.present();
    if (!complete) {
      complete = await toolchain.ensure(await announce('local', progress));
    }
    note(complete);
    return complete;
  });

/**
 * Returns the programs that a lab in a cloud needs on the host, and installs missing ones. Throws a
 * Failure that lists every cause.
 */
export const setUpTools = (progress: Progress): Promise<toolchain.Tools> =>
  installing(progress, async () => {
    const tools = await toolchain.presentTools();
    if (tools) return tools;
    return toolchain.ensureTools(await announce('cloud', progress));
  });

/**
 * Runs a look-up in the toolchain. Throws a Failure if the toolchain does not support this host.
 */
async function looking<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof toolchain.ToolchainError) throw unable(error.message);
    throw error;
  }
}

/**
 * Returns the toolchain, or `undefined` if it is incomplete. Throws a Failure if the toolchain does
 * not support this host.
 */
export const found = (): Promise<toolchain.Toolchain | undefined> => looking(toolchain.present);

/**
 * Returns the programs for labs in clouds, or `undefined` if one is missing. Throws like `found`.
 */
export const foundTools = (): Promise<toolchain.Tools | undefined> =>
  looking(toolchain.presentTools);

/**
 * Returns the programs that every command on a lab needs, without installing any. Throws a Failure
 * with this cure if one is missing.
 */
export async function installed(
  cure = './lab start; for labs in clouds alone, ./lab setup --cloud aws, which needs no root',
): Promise<toolchain.Tools> {
  const complete = await found();
  if (complete) note(complete);
  const tools = complete ?? (await foundTools());
  if (tools) return tools;
  throw unable('The programs of labs are not installed yet.', cure);
}
