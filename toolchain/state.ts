import * as path from 'node:path';
import { ifPresent, listOf } from '../util/optional';
import { hasTree, treePath } from './rootfs/rootfs';
import { builtImages } from './images/images';
import { installedKubectl, installedPulumi, type Installed } from './installed';
import {
  upstreamProject,
  upstreamProjects,
  hostProjects,
  type Architecture,
  type UpstreamProject,
} from './manifest';
import { mode, findStored, thisArchitecture, type Mode, type Obtained } from './fetch-or-build';
import { commandPluginIn, labPulumiHome, ownPulumiHome } from './command-plugin/install';
import { readOrigin } from './artifact-store';
import { nodeStorePath, type NodeStoreParts } from './node-programs';

/**
 * Labs that the toolchain is for: local labs, or cloud labs only, with nodes that download their
 * programs.
 */
export type Scope = 'local' | 'cloud';

/** Present and missing parts of the toolchain. Determined without the network. */
export interface State {
  scope: Scope;
  architecture: Architecture;
  mode: Mode;
  /** Programs installed on the host, if they fit and may be used. */
  pulumi?: Installed & { languageHost: string };
  kubectl?: Installed;
  obtained: Map<string, Obtained>;
  missing: UpstreamProject[];
  tree: string;
  treeMissing: boolean;
  /**
   * Directory of the images; `undefined` as long as they or CoreDNS, a part of them, are missing.
   */
  images?: string;
  pulumiHome: string;
  commandPlugin?: 'official' | 'stand-in';
}

/** Returns the projects that a scope needs, without those installed on the host. */
function neededFor(
  scope: Scope,
  { pulumi, kubectl }: Pick<State, 'pulumi' | 'kubectl'>,
  isStored: (one: UpstreamProject) => boolean,
): UpstreamProject[] {
  const all = { local: upstreamProjects, cloud: hostProjects }[scope];
  // The project kubernetes includes kubectl.
  const hasKubectl = kubectl !== undefined || isStored(upstreamProject('kubernetes'));
  return all.filter(
    ({ name }) => !(name === 'pulumi' && pulumi) && !(name === 'kubectl' && hasKubectl),
  );
}

/**
 * Determines the state of the toolchain. In mode auto the host's Pulumi and kubectl are used if
 * they fit.
 */
export async function readState(scope: Scope = 'local'): Promise<State> {
  const architecture = thisArchitecture();
  const currentMode = mode();
  const [pulumi, kubectl] =
    currentMode === 'auto' ? await Promise.all([installedPulumi(), installedKubectl()]) : [];
  const isStored = (one: UpstreamProject): boolean =>
    findStored(one, architecture, currentMode) !== undefined;
  const needed = neededFor(scope, { pulumi, kubectl }, isStored);
  const obtained = new Map(
    [...new Set([...needed, upstreamProject('kubernetes')])].flatMap((one) => {
      const obtained = findStored(one, architecture, currentMode);
      return listOf(obtained).map((found) => [one.name, found] as const);
    }),
  );
  const coredns = obtained.get('coredns')?.directory;
  return {
    scope,
    architecture,
    mode: currentMode,
    pulumi,
    kubectl,
    obtained,
    missing: needed.filter((one) => !obtained.has(one.name)),
    tree: treePath(architecture),
    treeMissing: scope === 'local' && !hasTree(architecture),
    images: ifPresent(coredns, (directory) => builtImages(architecture, directory)),
    ...pluginState(pulumi !== undefined, currentMode),
  };
}

/**
 * Chooses the PULUMI_HOME. The host's Pulumi uses the user's PULUMI_HOME if the official plugin is
 * installed there; otherwise the labs' own PULUMI_HOME is used.
 */
function pluginState(
  ownPulumi: boolean,
  currentMode: Mode,
): Pick<State, 'pulumiHome' | 'commandPlugin'> {
  if (ownPulumi && commandPluginIn(ownPulumiHome()) === 'official')
    return { pulumiHome: ownPulumiHome(), commandPlugin: 'official' };
  const commandPlugin = commandPluginIn(labPulumiHome());
  if (currentMode === 'download' && commandPlugin === 'stand-in')
    return { pulumiHome: labPulumiHome(), commandPlugin: undefined };
  return { pulumiHome: labPulumiHome(), commandPlugin };
}

/** Returns the parts of the node store. Requires a state without missing parts. */
export function nodeStoreParts(state: State): NodeStoreParts {
  const onNodes = [...state.obtained.values()].filter((one) => one.project.use.includes('node'));
  const programs = onNodes.flatMap((one) =>
    one.project.programs.map((program) => [program, path.join(one.directory, program)]),
  );
  return {
    programs: Object.fromEntries(programs) as Record<string, string>,
    images: state.images!,
  };
}

/** Paths of the programs that every lab needs on the host, and their sources. */
export interface Tools {
  pulumi: string;
  kubectl: string;
  /** Directory of pulumi-language-nodejs. Must be on PATH when `pulumi` runs. */
  languageHostDirectory: string;
  pulumiHome: string;
  commandPlugin: 'official' | 'stand-in';
  /** Maps each program or project to a description of its source, for `lab doctor`. */
  origins: Record<string, string>;
}

/** Tools, and the paths of the files that local labs consist of. */
export interface Toolchain extends Tools {
  /** Node programs and images/. Nodes mount this directory read-only at /opt/artifacts. */
  store: string;
  /** Images as an OCI layout for the image mirror; a part of `store`. */
  images: string;
  /** Debian tree of the nodes: lowest layer of their overlays. Must not be changed. */
  tree: string;
}

/**
 * Describes the source of a project. Names the host of a mirror, because the upstream project does
 * not vouch for it.
 */
export function describeOrigin(
  { project: { releases }, origin: { how, from } }: Obtained,
  architecture: Architecture,
): string {
  if (how === 'built') return 'built on this host from its Go module';
  const official = releases.map((release) => release.url(architecture));
  const [mirrored] = from
    .map((line) => line.split(' ')[0])
    .filter((url) => !official.includes(url));
  if (mirrored === undefined) return 'official release';
  return `from the mirror ${new URL(mirrored).host}`;
}

/** Returns the programs for the host, or `undefined` if one is missing. */
export function toolsOf(state: State): Tools | undefined {
  const { obtained, commandPlugin, pulumiHome, architecture } = state;
  const own = obtained.get('pulumi')?.directory;
  const kubernetes = (obtained.get('kubectl') ?? obtained.get(upstreamProject('kubernetes').name))
    ?.directory;
  const pulumi = state.pulumi?.path ?? (own && path.join(own, 'pulumi'));
  const kubectl = state.kubectl?.path ?? (kubernetes && path.join(kubernetes, 'kubectl'));
  if (!pulumi || !kubectl || !commandPlugin) return undefined;
  const origins = Object.fromEntries(
    [...obtained.values()].map((one) => [
      one.project.name,
      `${one.project.version}, ${describeOrigin(one, architecture)}`,
    ]),
  );
  if (state.pulumi) origins.pulumi = `${state.pulumi.version}, installed on this host`;
  if (state.kubectl) origins.kubectl = `${state.kubectl.version}, installed on this host`;
  return {
    pulumi,
    languageHostDirectory: path.dirname(state.pulumi?.languageHost ?? pulumi),
    kubectl,
    pulumiHome,
    commandPlugin,
    origins,
  };
}

/** Returns the toolchain of a state, or `undefined` if a part is missing. */
export function toolchainOf(state: State): Toolchain | undefined {
  const tools = toolsOf(state);
  if (!tools || state.missing.length > 0 || state.treeMissing || !state.images) return undefined;
  const store = nodeStorePath(nodeStoreParts(state));
  if (!readOrigin(store)) return undefined;
  return { ...tools, store, images: path.join(store, 'images'), tree: state.tree };
}
