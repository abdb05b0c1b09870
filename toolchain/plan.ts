import { effectiveUrl, Sites } from './download';
import { missingPackages, neededPackages } from './host/packages';
import { commandPlugin, type Component } from './manifest';
import type { Mode } from './fetch-or-build';
import { look, type Scope, type State } from './state';

/** One thing of the toolchain that isn't here yet: what, from where, and about how long it takes. */
export interface Item {
  /** As in the progress that ensure() reports. */
  name: string;
  version?: string;
  from: string;
  /** Estimate for a machine with two cores and nothing cached. */
  seconds: number;
}

/** Names of the items that aren't components. */
export const ITEMS = {
  packages: 'Debian packages',
  tree: 'Debian tree of the nodes',
  images: 'container images',
  view: 'store',
} as const;

const SECONDS = { packages: 30, download: 15, tree: 40, images: 10, view: 1 } as const;

/** Host of a component's official files, through the mirror if one is set. */
const siteOf = (component: Component): string =>
  new URL(effectiveUrl(component.releases[0].url('amd64'))).host;

/** What its official files are taken from, in words. */
const sourceOf = (component: Component): string =>
  `${process.env.HARDWAY_MIRROR ? 'mirror of the official release' : 'official release'}, ${siteOf(component)}`;

/** Whether a component will have to be built: its host can't be reached, or HARDWAY_TOOLCHAIN says so. */
export async function mustBuild(component: Component, mode: Mode, sites: Sites): Promise<boolean> {
  if (mode !== 'auto') return mode === 'build';
  return !(await sites.reachable(effectiveUrl(component.releases[0].url('amd64'))));
}

async function itemOf(component: Component, mode: Mode, sites: Sites): Promise<Item> {
  const { name, version } = component;
  if (!(await mustBuild(component, mode, sites)))
    return { name, version, from: sourceOf(component), seconds: SECONDS.download };
  const why =
    mode === 'build' ? 'HARDWAY_TOOLCHAIN=build' : `${siteOf(component)} can't be reached`;
  const seconds = component.builds.reduce((sum, build) => sum + build.seconds, 0);
  return { name, version, from: `built from its Go module (${why})`, seconds };
}

async function pluginItem(mode: Mode, sites: Sites): Promise<Item> {
  const { name, version } = commandPlugin;
  const from = (await mustBuild(commandPlugin, mode, sites))
    ? "this project's stand-in, as the real one can't be had"
    : sourceOf(commandPlugin);
  return { name, version, from, seconds: SECONDS.download };
}

/** The items that a state lacks, in the order of their doing. Asks the sites of official releases, if it must. */
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
            from: 'made here, from Debian packages and CoreDNS',
            seconds: SECONDS.images,
          },
        ]),
    ...(state.commandPlugin ? [] : [await pluginItem(state.mode, sites)]),
  ];
}

/** Lists what ensure(), or ensureTools(), would obtain now. Changes nothing. */
export async function plan(scope: Scope = 'local'): Promise<Item[]> {
  return itemsMissing(await look(scope), new Sites());
}
