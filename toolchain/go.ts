import * as fs from 'node:fs';
import * as path from 'node:path';
import { fieldsIf, listOf } from '../util/optional';
import { root } from '../util/repo-root';
import { ToolchainError } from './errors';
import type { Build, UpstreamProject } from './manifest';
import { runOrThrow, run } from './run';

/** Returns the directory of a module's go.mod and go.sum. */
export const moduleDirectory = (build: Build): string =>
  path.join(root, 'toolchain', 'modules', build.name);

/** Oldest Go that can download a newer Go for a module that requires one. */
const OLDEST_GO = [1, 21];

/** A Go command and its version, for example `1.26.8`. */
export interface Go {
  command: string;
  version: string;
}

const numbers = (version: string): number[] => version.split('.').map(Number);

/** Returns true if version `a` is `b` or newer. */
function atLeast(a: number[], b: number[]): boolean {
  const differing = b.findIndex((part, index) => (a[index] ?? 0) !== part);
  return differing === -1 || (a[differing] ?? 0) > b[differing];
}

/**
 * Finds the host's Go: on PATH, else where Go's installer puts it. Returns `undefined` if there is
 * none or it is too old.
 */
export async function findGo(): Promise<Go | undefined> {
  for (const command of ['go', '/usr/local/go/bin/go']) {
    const outcome = await run(command, ['env', 'GOVERSION'], { cwd: '/' }).catch(() => undefined);
    const version = /^go(\d+\.\d+(\.\d+)?)/.exec(outcome?.stdout ?? '')?.[1];
    if (version && atLeast(numbers(version), OLDEST_GO)) return { command, version };
  }
  return undefined;
}

/** Returns the Go version that a module's go.mod requires. */
export function requiredGo(build: Build): string {
  const text = fs.readFileSync(path.join(moduleDirectory(build), 'go.mod'), 'utf8');
  const version = /^go (\S+)$/m.exec(text)?.[1];
  if (!version) throw new Error(`${moduleDirectory(build)}/go.mod names no Go version`);
  return version;
}

/**
 * Returns the environment of a build: pinned modules only. If the host's Go is too old, it
 * downloads a newer one through the module proxy.
 */
function environment(go: Go, build: Build): NodeJS.ProcessEnv {
  const oldEnough = atLeast(numbers(go.version), numbers(requiredGo(build)));
  return {
    ...process.env,
    CGO_ENABLED: build.cgo ? '1' : '0',
    GOWORK: 'off',
    GOOS: 'linux',
    ...fieldsIf(!oldEnough, { GOTOOLCHAIN: 'auto' }),
  };
}

/** Returns the arguments of `go build` that write the programs to `directory`. */
export function buildArguments(build: Build, directory: string): string[] {
  const [program, ...more] = Object.keys(build.packages);
  // With several packages, Go names each program after the last part of its import path.
  let output = `${directory}/`;
  if (more.length === 0) output = path.join(directory, program);
  return [
    'build',
    '-v',
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    // Data for debuggers, which the linker's flags -s and -w would drop.
    '-gcflags=all=-dwarf=false',
    ...listOf(build.tags).flatMap((tags) => ['-tags', tags.join(',')]),
    ...listOf(build.ldflags).flatMap((flags) => ['-ldflags', flags]),
    '-o',
    output,
    ...Object.values(build.packages),
  ];
}

/**
 * Builds the programs of one module into `directory`. Reports the latest output and the number of
 * packages compiled so far. Throws a ToolchainError with the last output lines and the path of the
 * log.
 */
export async function buildModule(
  go: Go | undefined,
  project: UpstreamProject,
  build: Build,
  directory: string,
  log: string,
  onProgress: (detail: string, packages: number) => void,
): Promise<void> {
  if (!go) throw new ToolchainError(missingGo([project]));
  let packages = 0;
  const onLine = (line: string): void => {
    if (line.startsWith('go: ')) {
      onProgress(line.slice(4), packages);
      return;
    }
    packages += 1;
    onProgress(`${packages} packages, ${line}`, packages);
  };
  await runOrThrow(`building ${build.name}`, go.command, buildArguments(build, directory), {
    cwd: moduleDirectory(build),
    env: environment(go, build),
    onLine,
    log,
  });
}

/** Explains that Go is missing and how to continue. */
export function missingGo(projects: UpstreamProject[]): string {
  const newest = projects
    .flatMap((project) => project.builds)
    .map(requiredGo)
    .sort((a, b) => (atLeast(numbers(a), numbers(b)) ? 1 : -1))
    .pop();
  const names = projects.map((project) => `${project.name} ${project.version}`).join(', ');
  return (
    `${names} must be built, but Go ${OLDEST_GO.join('.')} or later is neither on PATH nor in ` +
    `/usr/local/go/bin. Go ${newest} is used; an older Go downloads it. Install Go from https://go.dev/dl/, ` +
    'or set HARDWAY_MIRROR to a mirror of the official releases.'
  );
}
