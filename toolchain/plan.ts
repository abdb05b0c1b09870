import { effectiveUrl, Sites } from './download';
import { missingPackages, neededPackages } from './host/packages';
import { commandPlugin, type Component } from './manifest';
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

/** Names of the items that are not components. */
export const ITEMS = {
  packages: 'Debian packages',
  tree: 'Debian tree of the nodes',
  images: 'container images',
  view: 'store',
} as const;

/** Returns whether the container images are among the missing parts. */
export const makesImages = (missing: Item[]): boolean =>
  missing.some(({ name }) => name === ITEMS.images);

const SECONDS = { packages: 30, download: 15, tree: 40, images: 10, view: 1 } as const;

/** Returns the host of a component's official files, or of the mirror if one is set. */
const siteOf = (component: Component): string =>
  new URL(effectiveUrl(component.releases[0].url('amd64'))).host;

/** Describes the source of a component's official files. */
const sourceOf = (component: Component): string =>
  `${process.env.HARDWAY_MIRROR ? 'mirror of the official release' : 'official release'}, ${siteOf(component)}`;

/**
 * Returns true if a component must be built: its host cannot be reached, or HARDWAY_TOOLCHAIN
 * forbids downloads.
 */
export async function mustBuild(
  component: Component,
  mode: Mode,
  sites: Pick<Sites, 'reachable'>,
): Promise<boolean> {
  if (mode !== 'auto') return mode === 'build';
  return !(await sites.reachable(effectiveUrl(component.releases[0].url('amd64'))));
}

async function itemOf(component: Component, mode: Mode, sites: Sites): Promise<Item> {
  const { name, version } = component;
  if (!(await mustBuild(component, mode, sites)))
    return { name, version, from: sourceOf(component), seconds: SECONDS.download };
  const cause =
    mode === 'build' ? 'HARDWAY_TOOLCHAIN=build' : `${siteOf(component)} can't be reached`;
  const seconds = component.builds.reduce((sum, build) => sum + build.seconds, 0);
  return { name, version, from: `built from its Go module (${cause})`, seconds };
}

async function pluginItem(mode: Mode, sites: Sites): Promise<Item> {
  const { name, version } = commandPlugin;
  const from = (await mustBuild(commandPlugin, mode, sites))
    ? "this project's stand-in, because the official plugin is unavailable"
    : sourceOf(commandPlugin);
  return { name, version, from, seconds: SECONDS.download };
}

/**
 * Returns the missing items in the order of work. Probes the sites of official releases if
 * necessary.
 */
export async function itemsMissing(state: State, sites: Sites): Promise<Item[]> {
  const items = await Promise.all(state.missing.map((one) => itemOf(one, state.mode, sites)));
  const toBuild = state.missing.filter((_, index) => items[index].from.startsWith('built'));
  const packages = state.scope === 'local' ? await missingPackages(neededPackages(toBuild)) : [];
  return [
    ...(packages.length > 0
      ? [
          {
            name: ITEMS.packages,
            from: `apt-get: ${packages.join(' ')}`,
            seconds: SECONDS.packages,
          },
        ]
      : []),
    ...items,
    ...(state.treeMissing
      ? [{ name: ITEMS.tree, from: 'mmdebstrap, from the Debian archive', seconds: SECONDS.tree }]
      : []),
    ...(state.images || state.scope === 'cloud'
      ? []
      : [
          {
            name: ITEMS.images,
            from: 'built on this host from Debian packages and CoreDNS',
            seconds: SECONDS.images,
          },
        ]),
    ...(state.commandPlugin ? [] : [await pluginItem(state.mode, sites)]),
  ];
}

/** Returns the items that `ensure` or `ensureTools` would obtain. Read-only. */
export async function plan(scope: Scope = 'local'): Promise<Item[]> {
  return itemsMissing(await readState(scope), new Sites());
}
