import { itemsIf, textIf } from '../util/optional';
import { sum } from '../util/sum';
import { effectiveUrl, Sites } from './download';
import type { Part } from './estimate';
import { missingPackages, neededPackages } from './host/packages';
import { commandPlugin, type UpstreamProject } from './manifest';
import type { Mode } from './fetch-or-build';
import { readState, type Scope, type State } from './state';

/** A missing part of the toolchain: name, source and estimated time. */
export interface Item extends Part {
  version?: string;
  from: string;
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

/** Megabytes per second of a link of 100 Mbit/s. */
const MEGABYTES_PER_SECOND = 11.8;

/** Returns the work of downloading a project. */
export const downloadOf = ({ name, releases }: UpstreamProject): Part => ({
  name,
  seconds: { download: sum(releases.map(({ megabytes }) => megabytes)) / MEGABYTES_PER_SECOND },
});

/** Returns the work of building a project. */
export const buildOf = ({ name, builds }: UpstreamProject): Part => ({
  name,
  seconds: { build: sum(builds.map(({ seconds }) => seconds)) },
});

/**
 * Work on the items that are neither downloaded as releases nor built from source. Lists and
 * packages of the tree have 83 MB.
 */
export const OTHER_WORK: Record<'packages' | 'tree' | 'images' | 'plugin', Part> = {
  packages: { name: ITEMS.packages, seconds: { other: 30 } },
  tree: { name: ITEMS.tree, seconds: { download: 83 / MEGABYTES_PER_SECOND, other: 40 } },
  images: { name: ITEMS.images, seconds: { other: 10 } },
  plugin: { name: commandPlugin.name, seconds: { other: 1 } },
};

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
  const { version } = project;
  if (!(await mustBuild(project, mode, sites)))
    return { version, from: sourceOf(project), ...downloadOf(project) };
  let cause = `${siteOf(project)} can't be reached`;
  if (mode === 'build') cause = 'HARDWAY_TOOLCHAIN=build';
  return { version, from: `built from its Go module (${cause})`, ...buildOf(project) };
}

async function pluginItem(mode: Mode, sites: Sites): Promise<Item> {
  const { version } = commandPlugin;
  if (!(await mustBuild(commandPlugin, mode, sites)))
    return { version, from: sourceOf(commandPlugin), ...downloadOf(commandPlugin) };
  const from = "this project's stand-in, because the official plugin is unavailable";
  return { version, from, ...OTHER_WORK.plugin };
}

/**
 * Returns the missing items in the order of work. Probes the sites of official releases if
 * necessary.
 */
export async function itemsMissing(state: State, sites: Sites): Promise<Item[]> {
  const items = await Promise.all(state.missing.map((one) => itemOf(one, state.mode, sites)));
  const toBuild = state.missing.filter((_, index) => items[index].seconds.build);
  const packages: string[] = [];
  if (state.scope === 'local') packages.push(...(await missingPackages(neededPackages(toBuild))));
  const plugin: Item[] = [];
  if (!state.commandPlugin) plugin.push(await pluginItem(state.mode, sites));
  return [
    ...itemsIf(packages.length > 0, {
      from: `apt-get: ${packages.join(' ')}`,
      ...OTHER_WORK.packages,
    }),
    ...items,
    ...itemsIf(state.treeMissing, {
      from: 'mmdebstrap, from the Debian archive',
      ...OTHER_WORK.tree,
    }),
    ...itemsIf(!state.images && state.scope === 'local', {
      from: 'built on this host from Debian packages and CoreDNS',
      ...OTHER_WORK.images,
    }),
    ...plugin,
  ];
}

/** Returns the items that `ensure` or `ensureTools` would obtain. Read-only. */
export async function plan(scope: Scope = 'local'): Promise<Item[]> {
  return itemsMissing(await readState(scope), new Sites());
}
