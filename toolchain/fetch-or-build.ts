import * as fs from 'node:fs';
import * as path from 'node:path';
import { extractMembers } from './archive';
import { effectiveUrl, fetchRelease, type Sites } from './download';
import { ToolchainError, UnreachableError } from './errors';
import { buildModule, moduleDirectory, withoutGo, type Go } from './go';
import type { Architecture, Component } from './manifest';
import type { ItemProgress } from './progress';
import {
  artifactPath,
  commit,
  logFile,
  readOrigin,
  recipeFiles,
  shortDigest,
  writeOrigin,
  type Origin,
} from './artifact-store';

/** $HARDWAY_TOOLCHAIN: auto is the official release, else a build; the others are only the one. */
export const MODES = ['auto', 'download', 'build'] as const;
export type Mode = (typeof MODES)[number];

/** Reads $HARDWAY_TOOLCHAIN. Throws a ToolchainError for a word that it doesn't know. */
export function mode(): Mode {
  const word = process.env.HARDWAY_TOOLCHAIN || 'auto';
  if (!(MODES as readonly string[]).includes(word)) {
    throw new ToolchainError(`HARDWAY_TOOLCHAIN is "${word}"; it can be ${MODES.join(', ')}`);
  }
  return word as Mode;
}

/** This machine's architecture. Throws a ToolchainError where nothing is released for it. */
export function thisArchitecture(): Architecture {
  if (process.platform === 'linux' && process.arch === 'x64') return 'amd64';
  if (process.platform === 'linux' && process.arch === 'arm64') return 'arm64';
  throw new ToolchainError(
    `a lab needs Linux on amd64 or arm64; this is ${process.platform} on ${process.arch}`,
  );
}

/** Everything that decides what a download or a build gives, as text. */
function recipe(
  component: Component,
  architecture: Architecture,
  how: Origin['how'],
): (string | Buffer)[] {
  if (how === 'built')
    return [
      JSON.stringify(component.builds),
      ...component.builds.flatMap((build) => recipeFiles(moduleDirectory(build))),
    ];
  return component.releases.map((release) =>
    JSON.stringify([
      release.url(architecture),
      'pinned' in release.digest
        ? release.digest.pinned[architecture]
        : release.digest.published(architecture),
      typeof release.holds === 'string' ? release.holds : release.holds(architecture),
    ]),
  );
}

/** Where a component's programs are once they are obtained in that way. */
export function componentPath(
  component: Component,
  architecture: Architecture,
  how: Origin['how'],
): string {
  const digest = shortDigest(recipe(component, architecture, how));
  return artifactPath(
    'programs',
    `${component.name}-${component.version}-${architecture}-${how}-${digest}`,
  );
}

/** A component that is in the store. */
export interface Obtained {
  component: Component;
  directory: string;
  origin: Origin;
}

/** The component in the store, the official release before a build; undefined if it isn't there. */
export function stored(
  component: Component,
  architecture: Architecture,
  wanted: Mode,
): Obtained | undefined {
  const ways: Origin['how'][] =
    wanted === 'auto' ? ['official', 'built'] : [wanted === 'download' ? 'official' : 'built'];
  for (const how of ways) {
    const directory = componentPath(component, architecture, how);
    const origin = readOrigin(directory);
    if (origin) return { component, directory, origin };
  }
  return undefined;
}

/** What is needed to obtain a component. */
export interface Means {
  architecture: Architecture;
  mode: Mode;
  sites: Sites;
  /** Looked up once, and only if something must be built. */
  go: () => Promise<Go | undefined>;
  /** Runs a build when its turn comes. */
  buildTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Obtains a component: the official release, or, where its host can't be reached, a build. */
export async function obtain(
  component: Component,
  means: Means,
  progress: ItemProgress,
): Promise<Obtained> {
  const directory =
    means.mode === 'build'
      ? await build(component, means, progress)
      : await downloadOrBuild(component, means, progress);
  return { component, directory, origin: readOrigin(directory)! };
}

async function downloadOrBuild(
  component: Component,
  means: Means,
  progress: ItemProgress,
): Promise<string> {
  try {
    return await download(component, means, progress);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    if (component.builds.length === 0) throw error;
    if (means.mode === 'download') {
      throw new ToolchainError(
        `${component.name} ${component.version}: ${error.message}. HARDWAY_TOOLCHAIN=download forbids building it.`,
      );
    }
    progress.tell('waiting', `${error.host} can't be reached: to be built`);
    return build(component, means, progress).catch((failure: Error) => {
      throw failure instanceof ToolchainError
        ? new ToolchainError(`${failure.message}\n(${error.message})`)
        : failure;
    });
  }
}

/** Fetches a component's official files, verifies them and stores its programs; returns the artifact's path. */
export function download(
  component: Component,
  means: Pick<Means, 'architecture' | 'sites'>,
  progress: ItemProgress,
): Promise<string> {
  const { architecture, sites } = means;
  return commit(componentPath(component, architecture, 'official'), async (directory) => {
    progress.tell('downloading');
    const from = await Promise.all(
      component.releases.map(async (release) => {
        const { file, digest } = await fetchRelease(
          sites,
          release,
          architecture,
          directory,
          (detail) => progress.tell('downloading', detail),
        );
        if (typeof release.holds === 'string') {
          fs.renameSync(file, path.join(directory, release.holds));
          fs.chmodSync(path.join(directory, release.holds), 0o755);
        } else {
          await extractMembers(file, release.holds(architecture), directory);
          fs.rmSync(file);
        }
        return `${effectiveUrl(release.url(architecture))} sha256:${digest}`;
      }),
    );
    writeOrigin(directory, { how: 'official', from, seconds: progress.seconds });
  });
}

async function build(component: Component, means: Means, progress: ItemProgress): Promise<string> {
  const go = await means.go();
  if (!go) throw new ToolchainError(withoutGo([component]));
  return means.buildTurn(() =>
    commit(componentPath(component, means.architecture, 'built'), async (directory) => {
      const log = logFile(`${component.name}-${component.version}`);
      fs.rmSync(log, { force: true });
      const started = progress.seconds;
      progress.tell('building');
      for (const one of component.builds) {
        await buildModule(go, component, one, directory, log, (detail) =>
          progress.tell('building', detail),
        );
      }
      writeOrigin(directory, {
        how: 'built',
        from: [`Go ${go.version}`, ...component.builds.map((one) => one.name)],
        seconds: progress.seconds - started,
      });
    }),
  );
}
