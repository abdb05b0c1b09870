import * as fs from 'node:fs';
import * as path from 'node:path';
import { archives, SUITE } from './debian';
import { effectiveUrl, Sites } from './download';
import { UnreachableError } from './errors';
import { findGo } from './go';
import { mustBuild } from './plan';
import { run } from './run';
import { readState, type State } from './state';
import { scratchDirectory } from '../util/scratch-directory';

/** Program of apt that downloads one file with apt's own proxies. */
const APT_HELPER = '/usr/lib/apt/apt-helper';

/**
 * Returns why apt can't read an archive; `undefined` if it can, or if this host has no apt. curl
 * would not know the proxies of apt.
 */
async function archiveProblem(uri: string): Promise<string | undefined> {
  if (!fs.existsSync(APT_HELPER)) return undefined;
  const scratch = scratchDirectory('doctor');
  try {
    const settings = ['Acquire::Retries=0', 'Acquire::http::Timeout=10'];
    const { code, stdout, stderr } = await run(APT_HELPER, [
      ...settings.flatMap((setting) => ['-o', setting]),
      'download-file',
      `${uri}/dists/${SUITE}/InRelease`,
      path.join(scratch, 'InRelease'),
    ]);
    if (code === 0) return undefined;
    return `${stdout}\n${stderr}`.trim().split('\n').at(-1)!.trim();
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Returns the URLs of the first module proxy in GOPROXY, one of which must answer. Go asks the next
 * proxy after a comma only for a module that the first one lacks (`go help goproxy`).
 */
export const goProxies = (setting: string): string[] =>
  setting
    .split(',')[0]
    .split('|')
    .filter((url) => /^https?:/.test(url));

async function goProxyProblem(sites: Pick<Sites, 'reach'>): Promise<string | undefined> {
  const go = await findGo();
  if (!go) return undefined;
  const { stdout } = await run(go.command, ['env', 'GOPROXY'], { cwd: '/' });
  const asked = await Promise.all(goProxies(stdout.trim()).map((url) => siteProblem(sites, url)));
  if (asked.every((problem) => problem !== undefined)) return asked[0];
  return undefined;
}

/** Returns why a site can't be reached; `undefined` if it answers, or without curl. */
const siteProblem = (sites: Pick<Sites, 'reach'>, url: string): Promise<string | undefined> =>
  sites.reach(url).then(
    () => undefined,
    (error: Error) => {
      if (error instanceof UnreachableError) return error.message;
      return undefined;
    },
  );

/** Tests of the sources. Parameters, so that tests can pass others. */
export interface SourceTests {
  sites: Pick<Sites, 'reach'>;
  archive(uri: string): Promise<string | undefined>;
  goProxy(): Promise<string | undefined>;
}

const sourceTests = (sites = new Sites()): SourceTests => ({
  sites,
  archive: archiveProblem,
  goProxy: () => goProxyProblem(sites),
});

/**
 * Lists the sources that the missing parts need and that do not answer, each with the reason. An
 * official site that does not answer is no obstacle where the program can be built.
 */
export async function unreachableSources(
  state: State,
  { sites, archive, goProxy }: SourceTests = sourceTests(),
): Promise<string[]> {
  const reachable: Pick<Sites, 'reachable'> = {
    reachable: async (url) => (await siteProblem(sites, url)) === undefined,
  };
  const building = await Promise.all(
    state.missing.map((one) => mustBuild(one, state.mode, reachable)),
  );
  const tests: Promise<string | undefined>[] = [];
  if (state.mode === 'download')
    tests.push(
      ...state.missing
        .map(({ releases }) => effectiveUrl(releases[0].url(state.architecture)))
        .map((url) => siteProblem(sites, url)),
    );
  if (state.treeMissing || !state.images) tests.push(...archives().map(archive));
  if (building.includes(true)) tests.push(goProxy());
  const problems = await Promise.all(tests);
  return [...new Set(problems.flatMap((problem) => problem ?? []))];
}

/** Does the same for the toolchain of local labs on this host. */
export const unreachableNow = async (): Promise<string[]> => unreachableSources(await readState());
