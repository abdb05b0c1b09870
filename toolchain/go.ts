import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../util/repo-root';
import { ToolchainError } from './errors';
import type { Build, Component } from './manifest';
import { must, run } from './run';

/** Where a module's go.mod and go.sum are. */
export const moduleDirectory = (build: Build): string =>
  path.join(root, 'toolchain', 'modules', build.name);

/** The oldest Go that can fetch a newer Go for a module that asks for one. */
const OLDEST_GO = [1, 21];

/** A Go command and its version, `1.26.8`. */
export interface Go {
  command: string;
  version: string;
}

const numbers = (version: string): number[] => version.split('.').map(Number);

/** Whether version `a` is `b` or newer. */
function atLeast(a: number[], b: number[]): boolean {
  const differing = b.findIndex((part, index) => (a[index] ?? 0) !== part);
  return differing === -1 || (a[differing] ?? 0) > b[differing];
}

/** The machine's Go: on PATH, else where Go's own installer puts it. Undefined where there is none that will do. */
export async function findGo(): Promise<Go | undefined> {
  for (const command of ['go', '/usr/local/go/bin/go']) {
    const outcome = await run(command, ['env', 'GOVERSION'], { cwd: '/' }).catch(() => undefined);
    const version = /^go(\d+\.\d+(\.\d+)?)/.exec(outcome?.stdout ?? '')?.[1];
    if (version && atLeast(numbers(version), OLDEST_GO)) return { command, version };
  }
  return undefined;
}

/** The version that a module's go.mod asks for. */
export function requiredGo(build: Build): string {
  const text = fs.readFileSync(path.join(moduleDirectory(build), 'go.mod'), 'utf8');
  const version = /^go (\S+)$/m.exec(text)?.[1];
  if (!version) throw new Error(`${moduleDirectory(build)}/go.mod names no Go version`);
  return version;
}

/** The environment of a build: pinned modules only, and a newer Go through the module proxy where the machine's is too old. */
function environment(go: Go, build: Build): NodeJS.ProcessEnv {
  const oldEnough = atLeast(numbers(go.version), numbers(requiredGo(build)));
  return {
    ...process.env,
    CGO_ENABLED: build.cgo ? '1' : '0',
    GOWORK: 'off',
    GOOS: 'linux',
    ...(oldEnough ? {} : { GOTOOLCHAIN: 'auto' }),
  };
}

/** Arguments of `go build` for this build into `directory`. */
export function buildArguments(build: Build, directory: string): string[] {
  const [program] = Object.keys(build.packages);
  const only = Object.keys(build.packages).length === 1;
  return [
    'build',
    '-v',
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    ...(build.tags ? ['-tags', build.tags.join(',')] : []),
    ...(build.ldflags ? ['-ldflags', build.ldflags] : []),
    // With several packages Go names each program by the last part of its path.
    '-o',
    only ? path.join(directory, program) : `${directory}/`,
    ...Object.values(build.packages),
  ];
}

/** Builds one module's programs into `directory`. Throws a ToolchainError with the last lines and the log's path. */
export async function buildModule(
  go: Go | undefined,
  component: Component,
  build: Build,
  directory: string,
  log: string,
  onProgress: (detail: string) => void,
): Promise<void> {
  if (!go) throw new ToolchainError(withoutGo([component]));
  let packages = 0;
  const onLine = (line: string): void => {
    if (!line.startsWith('go: ')) packages += 1;
    onProgress(line.startsWith('go: ') ? line.slice(4) : `${packages} packages, ${line}`);
  };
  await must(`building ${build.name}`, go.command, buildArguments(build, directory), {
    cwd: moduleDirectory(build),
    env: environment(go, build),
    onLine,
    log,
  });
}

/** Why components can't be built here, and what to do. */
export function withoutGo(components: Component[]): string {
  const newest = components
    .flatMap((component) => component.builds)
    .map(requiredGo)
    .sort((a, b) => (atLeast(numbers(a), numbers(b)) ? 1 : -1))
    .pop();
  const names = components.map((component) => `${component.name} ${component.version}`).join(', ');
  return (
    `${names} must be built, and there is no Go ${OLDEST_GO.join('.')} or later on PATH or in ` +
    `/usr/local/go/bin (Go ${newest} is asked for; an older one fetches that by itself). Install Go from https://go.dev/dl/, ` +
    'or set HARDWAY_MIRROR to a mirror of the official releases.'
  );
}
