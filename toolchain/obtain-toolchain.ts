import * as os from 'node:os';
import { cachePath } from './cache';
import { Sites } from './download';
import { ToolchainError, UnreachableError } from './errors';
import { findGo, missingGo, type Go } from './go';
import { installCommand, installPackages, missingPackages, neededPackages } from './host/packages';
import { makeImages } from './images/images';
import { withLock, type Owner } from './lock';
import { commandPlugin, upstreamProject, type UpstreamProject } from './manifest';
import { download, obtain, findStored, type ObtainContext, type Obtained } from './fetch-or-build';
import { ITEMS, mustBuild } from './plan';
import { installOfficialPlugin, installStandIn } from './command-plugin/install';
import { ItemProgress, type Report } from './progress';
import {
  readState,
  toolchainOf,
  toolsOf,
  nodeStoreParts,
  type Scope,
  type State,
  type Toolchain,
  type Tools,
} from './state';
import { readOrigin, sweepPartial } from './artifact-store';
import { makeTree } from './rootfs/rootfs';
import { NotStarted, semaphore } from '../util/semaphore';
import { makeNodeStore, nodeStorePath } from './node-programs';

/** Packages that every lab needs on the host, cloud labs included: for downloads and logins. */
const TOOLS_PACKAGES = ['ca-certificates', 'curl', 'openssh-client'] as const;

/**
 * Number of builds that compile at a time. One keeps two cores busy, and a second one would compile
 * the packages of the standard library again.
 */
const BUILDS_AT_A_TIME = Math.max(1, Math.floor(os.availableParallelism() / 2));

/** Returns the toolchain if it is complete. Read-only; takes a few milliseconds. */
export async function present(): Promise<Toolchain | undefined> {
  return toolchainOf(await readState());
}

/** Returns the programs for cloud labs if they are complete. Read-only; as fast as `present`. */
export async function presentTools(): Promise<Tools | undefined> {
  return toolsOf(await readState('cloud'));
}

/**
 * Obtains missing parts of the toolchain and returns its paths. Needs no network if nothing is
 * missing. If several commands run at once, one works and the others wait. Throws a ToolchainError
 * that lists every failure.
 */
export const ensure = (report: Report = () => undefined): Promise<Toolchain> =>
  obtained('local', toolchainOf, report);

/** Like `ensure`, for cloud labs: obtains only the programs on the host. Needs no root. */
export const ensureTools = (report: Report = () => undefined): Promise<Tools> =>
  obtained('cloud', toolsOf, report);

async function obtained<T>(
  scope: Scope,
  of: (state: State) => T | undefined,
  report: Report,
): Promise<T> {
  const existing = of(await readState(scope));
  if (existing) return existing;
  const onWait = (owner: Owner): void =>
    report({
      name: ITEMS.view,
      state: 'waiting',
      detail: `for another command (pid ${owner.pid} on ${owner.host}) that is ${owner.doing}`,
      seconds: 0,
    });
  return withLock(cachePath('lock'), 'obtaining the toolchain', onWait, async () => {
    const state = await readState(scope);
    const complete = of(state);
    if (complete) return complete;
    await obtainMissing(state, report);
    const now = of(await readState(scope));
    if (!now)
      throw new Error('a part of the toolchain is missing although every part was obtained');
    return now;
  });
}

async function obtainMissing(state: State, report: Report): Promise<void> {
  if (state.scope === 'local' && process.getuid?.() !== 0)
    throw new ToolchainError(
      "run this command as root (sudo): the nodes' Debian tree contains files of several users",
    );
  sweepPartial();
  const sites = new Sites();
  await installMissingPackages(state, await toBuild(state, sites), report);
  // Without curl, the first call could not know which projects must be built.
  const building = await toBuild(state, sites);
  await installMissingPackages(state, building, report);
  let go: Promise<Go | undefined> | undefined;
  const context: ObtainContext = {
    architecture: state.architecture,
    mode: state.mode,
    sites,
    go: () => (go ??= findGo()),
    buildTurn: semaphore(BUILDS_AT_A_TIME),
  };
  // Reported once, before minutes of other work.
  if (building.length > 0 && !(await context.go())) throw new ToolchainError(missingGo(building));
  const programs = new Map(
    inOrderOfWork(state.missing, building).map((one) => [
      one.name,
      item(one.name, report, (progress) => obtain(one, context, progress)),
    ]),
  );
  const work: Promise<unknown>[] = [...programs.values()];
  if (state.treeMissing)
    work.push(item(ITEMS.tree, report, (progress) => makeTree(state.architecture, progress)));
  if (state.scope === 'local' && !state.images) work.push(imagesOf(state, programs, report));
  if (state.commandPlugin !== 'official')
    work.push(
      item(commandPlugin.name, report, (progress) => obtainPlugin(state, context, progress)),
    );
  await allOf(work);
  if (state.scope === 'local') await finish(report);
}

/**
 * Projects that are downloaded before all others: the images wait for CoreDNS, and Pulumi's archive
 * takes longest to unpack.
 */
const FIRST_DOWNLOADS = ['coredns', 'pulumi'].map(upstreamProject);

/**
 * Returns the projects in the order of work. Builds keep the order of the manifest, longest first.
 */
export function inOrderOfWork(
  missing: UpstreamProject[],
  building: UpstreamProject[],
): UpstreamProject[] {
  const first = FIRST_DOWNLOADS.filter((one) => missing.includes(one) && !building.includes(one));
  return [...first, ...missing.filter((one) => !first.includes(one))];
}

/** Builds the images as soon as CoreDNS, which is in one of them, is obtained. */
function imagesOf(
  { architecture, obtained }: State,
  programs: Map<string, Promise<Obtained>>,
  report: Report,
): Promise<unknown> {
  const { name } = upstreamProject('coredns');
  return (programs.get(name) ?? Promise.resolve(obtained.get(name)!)).then(
    ({ directory }) =>
      item(ITEMS.images, report, (progress) => makeImages(architecture, directory, progress)),
    () => Promise.reject(new NotStarted()),
  );
}

/** Assembles the node store, the last part, from the obtained programs and images. */
async function finish(report: Report): Promise<void> {
  const parts = nodeStoreParts(await readState());
  if (!readOrigin(nodeStorePath(parts))) await item(ITEMS.view, report, () => makeNodeStore(parts));
}

/** Returns the missing projects that cannot, or must not, be downloaded. */
async function toBuild({ missing, mode }: State, sites: Sites): Promise<UpstreamProject[]> {
  const needed = await Promise.all(missing.map((one) => mustBuild(one, mode, sites)));
  return missing.filter((_, index) => needed[index]);
}

async function installMissingPackages(
  { scope }: State,
  building: UpstreamProject[],
  report: Report,
): Promise<void> {
  let needed: string[] = [...TOOLS_PACKAGES];
  if (scope === 'local') needed = neededPackages(building);
  const packages = await missingPackages(needed);
  if (packages.length === 0) return;
  if (process.getuid?.() !== 0)
    throw new ToolchainError(
      `the host lacks ${packages.join(', ')}. To do: sudo ${installCommand(packages)}`,
    );
  await item(ITEMS.packages, report, (progress) => installPackages(packages, progress));
}

/**
 * Installs the official plugin. Installs the stand-in if the plugin's host cannot be reached or
 * downloads are forbidden.
 */
async function obtainPlugin(
  { mode }: State,
  context: ObtainContext,
  progress: ItemProgress,
): Promise<void> {
  if (mode === 'build') return installStandIn();
  try {
    const artifact =
      findStored(commandPlugin, context.architecture, 'download')?.directory ??
      (await download(commandPlugin, context, progress));
    installOfficialPlugin(artifact);
  } catch (error) {
    if (!(error instanceof UnreachableError) || mode === 'download') throw error;
    installStandIn();
    progress.report('installing', `the stand-in, because ${error.message}`);
  }
}

/** Runs the work of one item; reports its start and its end. */
async function item<T>(
  name: string,
  report: Report,
  work: (progress: ItemProgress) => Promise<T>,
): Promise<T> {
  const progress = new ItemProgress(name, report);
  progress.report('waiting');
  try {
    const result = await work(progress);
    progress.report('done');
    return result;
  } catch (error) {
    progress.report('failed', (error as Error).message);
    throw error;
  }
}

/**
 * Waits for all work, even after a failure, so that finished parts are kept for the next command.
 * Throws all failures as one error.
 */
async function allOf(work: Promise<unknown>[]): Promise<void> {
  const failures = (await Promise.allSettled(work))
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => reason as Error);
  const causes = failures.filter((failure) => !(failure instanceof NotStarted));
  const unexpected = causes.find((failure) => !(failure instanceof ToolchainError));
  if (unexpected) throw unexpected;
  if (causes.length > 0)
    throw new ToolchainError([...new Set(causes.map((failure) => failure.message))].join('\n'));
}
