import { itemsIf, textIf } from '../util/optional';
import { effectiveUrl, Sites } from './download';
import { missingPackages, neededPackages } from './host/packages';
import { commandPlugin, type UpstreamProject } from './manifest';
import type { Mode } from './fetch-or-build';
import { readState, type Scope, type State } from './state';

/** A missing part of the toolchain: name, source and estimated time. */
export interface Item {
  /** Name, as in the progress that `ensure` reports. */
  name: string;
  version?: string;
  from: string;
  /** Estimated seconds on a host with two cores and an empty cache. */
  seconds: number;
}

/** Names of the items that are not projects. */
export const ITEMS = {
  packages: 'Debian packages',
  tree: 'Debian tree of the nodes',
  images: 'container images',
  view: 'store',
} as const;

/** Returns whether the container images are among the missing parts. */
export const makesImages = (missing: Item[]): boolean =>
  missing.some(({ name }) => name === ITEMS.images);

/** Seconds of each item; `download` is those of each file. */
const SECONDS = { packages: 30, download: 7, tree: 40, images: 10, view: 1 } as const;

/** Returns the host of a project's official files, or of the mirror if one is set. */
const siteOf = (project: UpstreamProject): string =>
  new URL(effectiveUrl(project.releases[0].url('amd64'))).host;

/** Describes the source of a project's official files. */
const sourceOf = (project: UpstreamProject): string =>
  `${textIf(process.env.HARDWAY_MIRROR, 'mirror of the ')}official release, ${siteOf(project)}`;

/**
 * Returns true if a project must be built: its host cannot be reached, or HARDWAY_TOOLCHAIN
 * forbids downloads.
 */
export async function mustBuild(
  project: UpstreamProject,
  mode: Mode,
  sites: Pick<Sites, 'reachable'>,
): Promise<boolean> {
  if (mode !== 'auto') return mode === 'build';
  return !(await sites.reachable(effectiveUrl(project.releases[0].url('amd64'))));
}

async function itemOf(project: UpstreamProject, mode: Mode, sites: Sites): Promise<Item> {
  const { name, version } = project;
  if (!(await mustBuild(project, mode, sites)))
    return {
      name,
      version,
      from: sourceOf(project),
      seconds: SECONDS.download * project.releases.length,
    };
  let cause = `${siteOf(project)} can't be reached`;
  if (mode === 'build') cause = 'HARDWAY_TOOLCHAIN=build';
  const seconds = project.builds.reduce((sum, build) => sum + build.seconds, 0);
  return { name, version, from: `built from its Go module (${cause})`, seconds };
}

async function pluginItem(mode: Mode, sites: Sites): Promise<Item> {
  const { name, version } = commandPlugin;
  let from = sourceOf(commandPlugin);
  if (await mustBuild(commandPlugin, mode, sites))
    from = "this project's stand-in, because the official plugin is unavailable";
  return { name, version, from, seconds: SECONDS.download };
}

/**
 * Returns the missing items in the order of work. Probes the sites of official releases if
 * necessary.
 */
export async function itemsMissing(state: State, sites: Sites): Promise<Item[]> {
  const items = await Promise.all(state.missing.map((one) => itemOf(one, state.mode, sites)));
  const toBuild = state.missing.filter((_, index) => items[index].from.startsWith('built'));
  const packages: string[] = [];
  if (state.scope === 'local') packages.push(...(await missingPackages(neededPackages(toBuild))));
  const plugin: Item[] = [];
  if (!state.commandPlugin) plugin.push(await pluginItem(state.mode, sites));
  return [
    ...itemsIf(packages.length > 0, {
      name: ITEMS.packages,
      from: `apt-get: ${packages.join(' ')}`,
      seconds: SECONDS.packages,
    }),
    ...items,
    ...itemsIf(state.treeMissing, {
      name: ITEMS.tree,
      from: 'mmdebstrap, from the Debian archive',
      seconds: SECONDS.tree,
    }),
    ...itemsIf(!state.images && state.scope === 'local', {
      name: ITEMS.images,
      from: 'built on this host from Debian packages and CoreDNS',
      seconds: SECONDS.images,
    }),
    ...plugin,
  ];
}

/** Returns the items that `ensure` or `ensureTools` would obtain. Read-only. */
export async function plan(scope: Scope = 'local'): Promise<Item[]> {
  return itemsMissing(await readState(scope), new Sites());
}
