import * as fs from 'node:fs';
import * as path from 'node:path';
import { extractMembers } from './archive';
import { effectiveUrl, fetchRelease, type Sites } from './download';
import { ToolchainError, UnreachableError } from './errors';
import { arrivedFraction, builtFraction } from './estimate';
import { buildModule, moduleDirectory, missingGo, type Go } from './go';
import type { Architecture, Build, Release, UpstreamProject } from './manifest';
import type { Turn } from '../util/semaphore';
import type { ItemProgress } from './progress';
import {
  artifactPath,
  storeArtifact,
  logFile,
  readOrigin,
  recipeFiles,
  shortDigest,
  writeOrigin,
  type Origin,
} from './artifact-store';

/**
 * Values of $HARDWAY_TOOLCHAIN. auto: the official release, else a build. download, build: only
 * that way.
 */
export const MODES = ['auto', 'download', 'build'] as const;
export type Mode = (typeof MODES)[number];

/** Reads $HARDWAY_TOOLCHAIN. Throws a ToolchainError for an unknown value. */
export function mode(): Mode {
  const word = process.env.HARDWAY_TOOLCHAIN || 'auto';
  if (!(MODES as readonly string[]).includes(word)) {
    throw new ToolchainError(
      `HARDWAY_TOOLCHAIN is "${word}"; set it to one of ${MODES.join(', ')}`,
    );
  }
  return word as Mode;
}

/** Returns the host's architecture. Throws a ToolchainError if labs do not run on it. */
export function thisArchitecture(): Architecture {
  if (process.platform === 'linux' && process.arch === 'x64') return 'amd64';
  if (process.platform === 'linux' && process.arch === 'arm64') return 'arm64';
  throw new ToolchainError(
    `a lab needs Linux on amd64 or arm64; this host has ${process.platform} on ${process.arch}`,
  );
}

/** Returns the fields of a build that its result depends on: all but the estimates. */
const madeOf = ({ name, packages, ldflags, tags, cgo }: Build): unknown[] => [
  name,
  packages,
  ldflags,
  tags,
  cgo,
];

/** Returns everything that the result of a download or build depends on. */
function recipe(
  project: UpstreamProject,
  architecture: Architecture,
  how: Origin['how'],
): (string | Buffer)[] {
  if (how === 'built')
    return [
      JSON.stringify(project.builds.map(madeOf)),
      ...project.builds.flatMap((build) => recipeFiles(moduleDirectory(build))),
    ];
  return project.releases.map((release) =>
    JSON.stringify([
      release.url(architecture),
      'pinned' in release.digest
        ? release.digest.pinned[architecture]
        : release.digest.published(architecture),
      typeof release.holds === 'string' ? release.holds : release.holds(architecture),
    ]),
  );
}

/** Returns the directory of a project's programs, downloaded or built as `how` says. */
export function projectPath(
  project: UpstreamProject,
  architecture: Architecture,
  how: Origin['how'],
): string {
  const digest = shortDigest(recipe(project, architecture, how));
  return artifactPath(
    'programs',
    `${project.name}-${project.version}-${architecture}-${how}-${digest}`,
  );
}

/** A project in the store. */
export interface Obtained {
  project: UpstreamProject;
  directory: string;
  origin: Origin;
}

/** Ways to obtain a project in each mode, the preferred one first. */
const WAYS: Record<Mode, Origin['how'][]> = {
  auto: ['official', 'built'],
  download: ['official'],
  build: ['built'],
};

/**
 * Finds a project in the store. Prefers the official release to a build. Returns `undefined` if
 * the store has neither.
 */
export function findStored(
  project: UpstreamProject,
  architecture: Architecture,
  wanted: Mode,
): Obtained | undefined {
  for (const how of WAYS[wanted]) {
    const directory = projectPath(project, architecture, how);
    const origin = readOrigin(directory);
    if (origin) return { project, directory, origin };
  }
  return undefined;
}

/** Context for obtaining a project. */
export interface ObtainContext {
  architecture: Architecture;
  mode: Mode;
  sites: Sites;
  /** Finds Go. Called only if a program must be built; the result is remembered. */
  go: () => Promise<Go | undefined>;
  /** Runs a build as soon as a build slot is free. A build releases its slot before it links. */
  buildTurn: Turn;
}

/**
 * Obtains a project: downloads the official release or, if its host cannot be reached, builds the
 * programs.
 */
export async function obtain(
  project: UpstreamProject,
  context: ObtainContext,
  progress: ItemProgress,
): Promise<Obtained> {
  let make = downloadOrBuild;
  if (context.mode === 'build') make = build;
  const directory = await make(project, context, progress);
  return { project, directory, origin: readOrigin(directory)! };
}

async function downloadOrBuild(
  project: UpstreamProject,
  context: ObtainContext,
  progress: ItemProgress,
): Promise<string> {
  try {
    return await download(project, context, progress);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    if (project.builds.length === 0) throw error;
    if (context.mode === 'download') {
      throw new ToolchainError(
        `${project.name} ${project.version}: ${error.message}. HARDWAY_TOOLCHAIN=download forbids a build.`,
      );
    }
    progress.report('waiting', `${error.host} can't be reached: will be built`);
    return build(project, context, progress).catch((failure: Error) => {
      if (!(failure instanceof ToolchainError)) throw failure;
      throw new ToolchainError(`${failure.message}\n(${error.message})`);
    });
  }
}

/**
 * Downloads a project's official files, verifies them and stores the programs. Returns the
 * artifact's path.
 */
export function download(
  project: UpstreamProject,
  context: Pick<ObtainContext, 'architecture' | 'sites'>,
  progress: ItemProgress,
): Promise<string> {
  const { architecture, sites } = context;
  return storeArtifact(projectPath(project, architecture, 'official'), async (directory) => {
    progress.report('downloading');
    const arrived = new Map<Release, number>();
    const from = await Promise.all(
      project.releases.map(async (release) => {
        const { file, digest } = await fetchRelease(
          sites,
          release,
          architecture,
          directory,
          (detail, fraction) => {
            arrived.set(release, fraction);
            progress.report('downloading', detail, arrivedFraction(project, arrived));
          },
        );
        arrived.set(release, 1);
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

async function build(
  project: UpstreamProject,
  context: ObtainContext,
  progress: ItemProgress,
): Promise<string> {
  const go = await context.go();
  if (!go) throw new ToolchainError(missingGo([project]));
  return context.buildTurn((release) =>
    storeArtifact(projectPath(project, context.architecture, 'built'), async (directory) => {
      const log = logFile(`${project.name}-${project.version}`);
      fs.rmSync(log, { force: true });
      const started = progress.seconds;
      progress.report('building');
      for (const [index, one] of project.builds.entries()) {
        await buildModule(go, project, one, directory, log, (detail, packages) => {
          progress.report('building', detail, builtFraction(project, index, packages));
          // Linking uses one core, so the next build compiles meanwhile.
          if (packages >= one.compiles) release();
        });
      }
      writeOrigin(directory, {
        how: 'built',
        from: [`Go ${go.version}`, ...project.builds.map((one) => one.name)],
        seconds: progress.seconds - started,
      });
    }),
  );
}
