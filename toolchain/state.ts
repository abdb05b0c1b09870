import * as path from 'node:path';
import { hasTree, treePath } from './rootfs/rootfs';
import { hasImages, imagesPath } from './images/images';
import { installedKubectl, installedPulumi, type Installed } from './installed';
import { component, components, type Architecture, type Component } from './manifest';
import { mode, findStored, thisArchitecture, type Mode, type Obtained } from './fetch-or-build';
import { commandPluginIn, labPulumiHome, ownPulumiHome } from './command-plugin/install';
import { readOrigin } from './artifact-store';
import { nodeStorePath, type NodeStoreParts } from './node-programs';

/** Present and missing parts of the toolchain. Determined without the network. */
export interface State {
  architecture: Architecture;
  mode: Mode;
  /** Programs installed on the host, if they fit and may be used. */
  pulumi?: Installed & { languageHost: string };
  kubectl?: Installed;
  obtained: Map<string, Obtained>;
  missing: Component[];
  tree: string;
  treeMissing: boolean;
  /**
   * Directory of the images; `undefined` as long as they or CoreDNS, a part of them, are missing.
   */
  images?: string;
  pulumiHome: string;
  commandPlugin?: 'official' | 'stand-in';
}

/**
 * Determines the state of the toolchain. In mode auto the host's Pulumi and kubectl are used if
 * they fit.
 */
export async function readState(): Promise<State> {
  const architecture = thisArchitecture();
  const currentMode = mode();
  const [pulumi, kubectl] =
    currentMode === 'auto' ? await Promise.all([installedPulumi(), installedKubectl()]) : [];
  const needed = components.filter((one) => !(one.name === 'pulumi' && pulumi));
  const obtained = new Map(
    needed.flatMap((one) => {
      const obtained = findStored(one, architecture, currentMode);
      return obtained ? [[one.name, obtained] as const] : [];
    }),
  );
  const coredns = obtained.get('coredns')?.directory;
  return {
    architecture,
    mode: currentMode,
    pulumi,
    kubectl,
    obtained,
    missing: needed.filter((one) => !obtained.has(one.name)),
    tree: treePath(architecture),
    treeMissing: !hasTree(architecture),
    images:
      coredns !== undefined && hasImages(architecture, coredns)
        ? imagesPath(architecture, coredns)
        : undefined,
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
  const found = commandPluginIn(labPulumiHome());
  return {
    pulumiHome: labPulumiHome(),
    commandPlugin: currentMode === 'download' && found === 'stand-in' ? undefined : found,
  };
}

/** Returns the parts of the node store. Requires a state without missing parts. */
export function nodeStoreParts(state: State): NodeStoreParts {
  const onNodes = [...state.obtained.values()].filter((one) => one.component.use.includes('node'));
  const programs = onNodes.flatMap((one) =>
    one.component.programs.map((program) => [program, path.join(one.directory, program)]),
  );
  return {
    programs: Object.fromEntries(programs) as Record<string, string>,
    images: state.images!,
  };
}

/** Paths of the complete toolchain, and where its parts come from. */
export interface Toolchain {
  pulumi: string;
  kubectl: string;
  /** Directory of pulumi-language-nodejs. Must be on PATH when `pulumi` runs. */
  languageHostDirectory: string;
  /** Node programs and images/. Nodes mount this directory read-only at /opt/artifacts. */
  store: string;
  /** Images as an OCI layout for the image mirror; a part of `store`. */
  images: string;
  /** Debian tree of the nodes: lowest layer of their overlays. Must not be changed. */
  tree: string;
  pulumiHome: string;
  commandPlugin: 'official' | 'stand-in';
  /** Maps each program or component to a description of its source, for `lab doctor`. */
  origins: Record<string, string>;
}

/**
 * Describes the source of a component. Names the host of a mirror, because the project itself does
 * not vouch for it.
 */
export function describeOrigin(
  { component: { releases }, origin: { how, from } }: Obtained,
  architecture: Architecture,
): string {
  if (how === 'built') return 'built on this host from its Go module';
  const official = releases.map((release) => release.url(architecture));
  const [mirrored] = from
    .map((line) => line.split(' ')[0])
    .filter((url) => !official.includes(url));
  return mirrored === undefined ? 'official release' : `from the mirror ${new URL(mirrored).host}`;
}

/** Returns the toolchain of a state, or `undefined` if a part is missing. */
export function toolchainOf(state: State): Toolchain | undefined {
  if (state.missing.length > 0 || state.treeMissing || !state.images || !state.commandPlugin)
    return undefined;
  const store = nodeStorePath(nodeStoreParts(state));
  if (!readOrigin(store)) return undefined;
  const own = state.obtained.get('pulumi')?.directory;
  const origins = Object.fromEntries(
    [...state.obtained.values()].map((one) => [
      one.component.name,
      `${one.component.version}, ${describeOrigin(one, state.architecture)}`,
    ]),
  );
  if (state.pulumi) origins.pulumi = `${state.pulumi.version}, installed on this host`;
  if (state.kubectl) origins.kubectl = `${state.kubectl.version}, installed on this host`;
  return {
    pulumi: state.pulumi?.path ?? path.join(own!, 'pulumi'),
    languageHostDirectory: state.pulumi ? path.dirname(state.pulumi.languageHost) : own!,
    kubectl:
      state.kubectl?.path ??
      path.join(state.obtained.get(component('kubernetes').name)!.directory, 'kubectl'),
    store,
    images: path.join(store, 'images'),
    tree: state.tree,
    pulumiHome: state.pulumiHome,
    commandPlugin: state.commandPlugin,
    origins,
  };
}
