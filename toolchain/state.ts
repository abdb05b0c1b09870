import * as path from 'node:path';
import { hasTree, treePath } from './rootfs/rootfs';
import { hasImages, imagesPath } from './images/images';
import { installedKubectl, installedPulumi, type Installed } from './installed';
import {
  component,
  components,
  hostComponents,
  type Architecture,
  type Component,
} from './manifest';
import { mode, stored, thisArchitecture, type Mode, type Obtained } from './fetch-or-build';
import { commandPluginIn, labPulumiHome, ownPulumiHome } from './command-plugin/install';
import { readOrigin } from './artifact-store';
import { viewPath, type ViewParts } from './node-programs';

/** Labs to be made: on this host, or only in clouds, whose nodes download what they need. */
export type Scope = 'local' | 'cloud';

/** What exists already, and so what is missing; looked up without the network. */
export interface State {
  scope: Scope;
  architecture: Architecture;
  mode: Mode;
  /** The machine's own programs, where they fit and may be used. */
  pulumi?: Installed & { languageHost: string };
  kubectl?: Installed;
  obtained: Map<string, Obtained>;
  missing: Component[];
  tree: string;
  treeMissing: boolean;
  /** Undefined as long as CoreDNS isn't there, which is in them. */
  images?: string;
  pulumiHome: string;
  commandPlugin?: 'official' | 'stand-in';
}

/** The components that a scope needs, without those that the host has itself. */
function neededFor(
  scope: Scope,
  { pulumi, kubectl }: Pick<State, 'pulumi' | 'kubectl'>,
  isStored: (one: Component) => boolean,
): Component[] {
  const all = scope === 'local' ? components : hostComponents;
  // All of Kubernetes has its kubectl, too.
  const hasKubectl = kubectl !== undefined || isStored(component('kubernetes'));
  return all.filter(
    ({ name }) => !(name === 'pulumi' && pulumi) && !(name === 'kubectl' && hasKubectl),
  );
}

/** Returns what the host has of the toolchain. In mode auto its own Pulumi and kubectl count, if they fit. */
export async function look(scope: Scope = 'local'): Promise<State> {
  const [architecture, wanted] = [thisArchitecture(), mode()];
  const [pulumi, kubectl] =
    wanted === 'auto' ? await Promise.all([installedPulumi(), installedKubectl()]) : [];
  const isStored = (one: Component): boolean => stored(one, architecture, wanted) !== undefined;
  const needed = neededFor(scope, { pulumi, kubectl }, isStored);
  const obtained = new Map(
    [...new Set([...needed, component('kubernetes')])].flatMap((one) => {
      const found = stored(one, architecture, wanted);
      return found ? [[one.name, found] as const] : [];
    }),
  );
  const coredns = obtained.get('coredns')?.directory;
  return {
    scope,
    architecture,
    mode: wanted,
    pulumi,
    kubectl,
    obtained,
    missing: needed.filter((one) => !obtained.has(one.name)),
    tree: treePath(architecture),
    treeMissing: scope === 'local' && !hasTree(architecture),
    images:
      coredns !== undefined && hasImages(architecture, coredns)
        ? imagesPath(architecture, coredns)
        : undefined,
    ...pluginState(pulumi !== undefined, wanted),
  };
}

/** The machine's own Pulumi uses the real plugin of its own home, if it is there; all else has the lab's own home. */
function pluginState(
  ownPulumi: boolean,
  wanted: Mode,
): Pick<State, 'pulumiHome' | 'commandPlugin'> {
  if (ownPulumi && commandPluginIn(ownPulumiHome()) === 'official')
    return { pulumiHome: ownPulumiHome(), commandPlugin: 'official' };
  const found = commandPluginIn(labPulumiHome());
  return {
    pulumiHome: labPulumiHome(),
    commandPlugin: wanted === 'download' && found === 'stand-in' ? undefined : found,
  };
}

/** What the nodes' view is made of. Only for a state in which nothing is missing. */
export function viewParts(state: State): ViewParts {
  const onNodes = [...state.obtained.values()].filter((one) => one.component.use.includes('node'));
  const programs = onNodes.flatMap((one) =>
    one.component.programs.map((program) => [program, path.join(one.directory, program)]),
  );
  return {
    programs: Object.fromEntries(programs) as Record<string, string>,
    images: state.images!,
  };
}

/** Paths of the programs that every lab needs on the host, and where they are from. */
export interface Tools {
  pulumi: string;
  kubectl: string;
  /** Holds pulumi-language-nodejs: for PATH, before `pulumi` is run. */
  languageHostDirectory: string;
  pulumiHome: string;
  commandPlugin: 'official' | 'stand-in';
  /** Program or component to its origin, as text: for doctor. */
  origins: Record<string, string>;
}

/** The same, with what local labs are made of. */
export interface Toolchain extends Tools {
  /** Every node program, and images/: what nodes mount read-only at /opt/artifacts. */
  store: string;
  /** The images as an OCI layout, for images/mirror.ts; also in `store`. */
  images: string;
  /** The nodes' Debian tree: the lowest layer of their overlays, never to be changed. */
  tree: string;
}

/** Where a component is from, in words: the host of a mirror is named, as not the project itself vouches for it. */
export function originWords(
  { component: { releases }, origin: { how, from } }: Obtained,
  architecture: Architecture,
): string {
  if (how === 'built') return 'built here from its Go module';
  const official = releases.map((release) => release.url(architecture));
  const [mirrored] = from
    .map((line) => line.split(' ')[0])
    .filter((url) => !official.includes(url));
  return mirrored === undefined ? 'official release' : `from the mirror ${new URL(mirrored).host}`;
}

/** Returns the programs for the host, or `undefined` if one is missing. */
export function toolsOf(state: State): Tools | undefined {
  const { obtained, commandPlugin, pulumiHome, architecture } = state;
  const own = obtained.get('pulumi')?.directory;
  const kubernetes = (obtained.get('kubectl') ?? obtained.get(component('kubernetes').name))
    ?.directory;
  const pulumi = state.pulumi?.path ?? (own && path.join(own, 'pulumi'));
  const kubectl = state.kubectl?.path ?? (kubernetes && path.join(kubernetes, 'kubectl'));
  if (!pulumi || !kubectl || !commandPlugin) return undefined;
  const origins = Object.fromEntries(
    [...obtained.values()].map((one) => [
      one.component.name,
      `${one.component.version}, ${originWords(one, architecture)}`,
    ]),
  );
  if (state.pulumi) origins.pulumi = `${state.pulumi.version}, installed on this machine`;
  if (state.kubectl) origins.kubectl = `${state.kubectl.version}, installed on this machine`;
  return {
    pulumi,
    languageHostDirectory: path.dirname(state.pulumi?.languageHost ?? pulumi),
    kubectl,
    pulumiHome,
    commandPlugin,
    origins,
  };
}

/** Returns the toolchain of a state, or `undefined` if something of it is missing. */
export function toolchainOf(state: State): Toolchain | undefined {
  const tools = toolsOf(state);
  if (!tools || state.missing.length > 0 || state.treeMissing || !state.images) return undefined;
  const store = viewPath(viewParts(state));
  if (!readOrigin(store)) return undefined;
  return { ...tools, store, images: path.join(store, 'images'), tree: state.tree };
}
