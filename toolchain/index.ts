import { cachePath } from './cache';
import { Sites, effectiveUrl } from './download';
import { ToolchainError, UnreachableError } from './errors';
import { findGo, withoutGo, type Go } from './go';
import { installCommand, installPackages, missingPackages, neededPackages } from './host/packages';
import { makeImages } from './images/images';
import { withLock, type Owner } from './lock';
import {
  commandPlugin,
  component,
  components,
  type Architecture,
  type Component,
} from './manifest';
import { download, obtain, stored, type Means, type Obtained } from './fetch-or-build';
import { ITEMS, mustBuild } from './plan';
import { installOfficialPlugin, installStandIn } from './command-plugin/install';
import { ItemProgress, type Report } from './progress';
import {
  look,
  toolchainOf,
  toolsOf,
  viewParts,
  type Scope,
  type State,
  type Toolchain,
  type Tools,
} from './state';
import { readOrigin, sweepPartial } from './artifact-store';
import { makeTree } from './rootfs/rootfs';
import { Stopped, turns } from '../util/semaphore';
import { makeView, viewPath } from './node-programs';

export { ToolchainError } from './errors';
export { HOST_PACKAGES, installCommand, missingPackages, neededPackages } from './host/packages';
export { plan, type Item } from './plan';
export type { Progress, Report } from './progress';
export type { Scope, Toolchain, Tools } from './state';

/** Packages without which no lab can be made, not even in a cloud: downloads, and logging in. */
const TOOLS_PACKAGES = ['ca-certificates', 'curl', 'openssh-client'] as const;

/** Builds at a time: each uses all cores while it compiles, but only one while it links. */
const BUILDS_AT_A_TIME = 2;

/** A file that a node of a cloud downloads: where from, its digest, and which programs are in it. */
export interface ProgramDownload {
  component: string;
  version: string;
  url: string;
  /** Hexadecimal SHA-256, or the address of the file that its project publishes it in. */
  sha256: string | { publishedAt: string };
  /** Program to its path in the tar.gz archive; a string is the program that the file itself is. */
  holds: string | Record<string, string>;
}

/** Official files with all programs that run on nodes of that architecture. */
export function programsForDownload(architecture: Architecture): ProgramDownload[] {
  return components
    .filter((one) => one.use.includes('node'))
    .flatMap((one) =>
      one.releases.map((release) => ({
        component: one.name,
        version: one.version,
        url: effectiveUrl(release.url(architecture)),
        sha256:
          'pinned' in release.digest
            ? release.digest.pinned[architecture]
            : { publishedAt: effectiveUrl(release.digest.published(architecture)) },
        holds: typeof release.holds === 'string' ? release.holds : release.holds(architecture),
      })),
    );
}

/** Returns the toolchain if all of it exists, without touching anything; takes a few milliseconds. */
export async function present(): Promise<Toolchain | undefined> {
  return toolchainOf(await look());
}

/** Returns the programs for labs in clouds if they exist. As fast as `present`, and as harmless. */
export async function presentTools(): Promise<Tools | undefined> {
  return toolsOf(await look('cloud'));
}

/**
 * Obtains what is missing of the toolchain and returns its paths. Needs no network if nothing is missing. Of several
 * commands one works and the others wait. Throws a ToolchainError that names everything that failed.
 */
export const ensure = (report: Report = () => undefined): Promise<Toolchain> =>
  obtained('local', toolchainOf, report);

/** Does the same for what labs in clouds need on the host. Needs no root. */
export const ensureTools = (report: Report = () => undefined): Promise<Tools> =>
  obtained('cloud', toolsOf, report);

async function obtained<T>(
  scope: Scope,
  of: (state: State) => T | undefined,
  report: Report,
): Promise<T> {
  const existing = of(await look(scope));
  if (existing) return existing;
  const onWait = (owner: Owner): void =>
    report({
      name: ITEMS.view,
      state: 'waiting',
      detail: `for another command (pid ${owner.pid} on ${owner.host}) that is ${owner.doing}`,
      seconds: 0,
    });
  return withLock(cachePath('lock'), 'obtaining the toolchain', onWait, async () => {
    const state = await look(scope);
    const complete = of(state);
    if (complete) return complete;
    await obtainMissing(state, report);
    const now = of(await look(scope));
    if (!now)
      throw new Error('something of the toolchain is missing although all of it was obtained');
    return now;
  });
}

async function obtainMissing(state: State, report: Report): Promise<void> {
  if (state.scope === 'local' && process.getuid?.() !== 0)
    throw new ToolchainError(
      "the toolchain is obtained as root, as the nodes' Debian tree holds files of several users: use sudo",
    );
  sweepPartial();
  const sites = new Sites();
  await installMissingPackages(state, await toBuild(state, sites), report);
  // Without curl nobody knew what must be built, and so what that needs.
  const building = await toBuild(state, sites);
  await installMissingPackages(state, building, report);
  let go: Promise<Go | undefined> | undefined;
  const means: Means = {
    architecture: state.architecture,
    mode: state.mode,
    sites,
    go: () => (go ??= findGo()),
    buildTurn: turns(BUILDS_AT_A_TIME),
  };
  // Said before minutes of other work, and once for all.
  if (building.length > 0 && !(await means.go())) throw new ToolchainError(withoutGo(building));
  const programs = new Map(
    state.missing.map((one) => [
      one.name,
      item(one.name, report, (progress) => obtain(one, means, progress)),
    ]),
  );
  await allOf([
    ...programs.values(),
    ...(state.treeMissing
      ? [item(ITEMS.tree, report, (progress) => makeTree(state.architecture, progress))]
      : []),
    ...(state.scope === 'local' && !state.images ? [imagesOf(state, programs, report)] : []),
    ...(state.commandPlugin === 'official'
      ? []
      : [item(commandPlugin.name, report, (progress) => obtainPlugin(state, means, progress))]),
  ]);
  if (state.scope === 'local') await finish(report);
}

/** Makes the images once CoreDNS, which is one of them, exists. */
function imagesOf(
  { architecture, obtained }: State,
  programs: Map<string, Promise<Obtained>>,
  report: Report,
): Promise<unknown> {
  const { name } = component('coredns');
  return (programs.get(name) ?? Promise.resolve(obtained.get(name)!)).then(
    ({ directory }) =>
      item(ITEMS.images, report, (progress) => makeImages(architecture, directory, progress)),
    () => Promise.reject(new Stopped()),
  );
}

/** Makes the view last, of what exists now. */
async function finish(report: Report): Promise<void> {
  const parts = viewParts(await look());
  if (!readOrigin(viewPath(parts))) await item(ITEMS.view, report, () => makeView(parts));
}

/** Those of the missing components that can't be downloaded from here, or may not be. */
async function toBuild({ missing, mode }: State, sites: Sites): Promise<Component[]> {
  const needed = await Promise.all(missing.map((one) => mustBuild(one, mode, sites)));
  return missing.filter((_, index) => needed[index]);
}

async function installMissingPackages(
  { scope }: State,
  building: Component[],
  report: Report,
): Promise<void> {
  const needed = scope === 'local' ? neededPackages(building) : [...TOOLS_PACKAGES];
  const packages = await missingPackages(needed);
  if (packages.length === 0) return;
  if (process.getuid?.() !== 0)
    throw new ToolchainError(
      `the host lacks ${packages.join(', ')}. To do: sudo ${installCommand(packages)}`,
    );
  await item(ITEMS.packages, report, (progress) => installPackages(packages, progress));
}

/** The real plugin wherever it can be had; the stand-in where its host can't be reached, or nothing may be downloaded. */
async function obtainPlugin({ mode }: State, means: Means, progress: ItemProgress): Promise<void> {
  if (mode === 'build') return installStandIn();
  try {
    const artifact =
      stored(commandPlugin, means.architecture, 'download')?.directory ??
      (await download(commandPlugin, means, progress));
    installOfficialPlugin(artifact);
  } catch (error) {
    if (!(error instanceof UnreachableError) || mode === 'download') throw error;
    installStandIn();
    progress.tell('installing', `the stand-in, as ${error.message}`);
  }
}

/** Runs one item's work, telling its beginning and its end. */
async function item<T>(
  name: string,
  report: Report,
  work: (progress: ItemProgress) => Promise<T>,
): Promise<T> {
  const progress = new ItemProgress(name, report);
  progress.tell('waiting');
  try {
    const result = await work(progress);
    progress.tell('done');
    return result;
  } catch (error) {
    progress.tell('failed', (error as Error).message);
    throw error;
  }
}

/** Waits for all, also when one has failed: what is under way is kept for the next time. Throws what failed, in one. */
async function allOf(works: Promise<unknown>[]): Promise<void> {
  const failures = (await Promise.allSettled(works)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  );
  const causes = failures.filter((failure) => !(failure instanceof Stopped));
  const unexpected = causes.find((failure) => !(failure instanceof ToolchainError));
  if (unexpected) throw unexpected;
  if (causes.length > 0)
    throw new ToolchainError([...new Set(causes.map((failure) => failure.message))].join('\n'));
}
