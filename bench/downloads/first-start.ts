import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

/** Directories of a new user's first start. All are below one scratch directory. */
export interface Places {
  checkout: string;
  home: string;
  cache: string;
  state: string;
}

/** Creates the empty directories of a first start below `scratch`. */
export function makePlaces(scratch: string): Places {
  const place = (name: string): string => {
    const directory = path.join(scratch, name);
    fs.mkdirSync(directory, { mode: 0o700 });
    return directory;
  };
  return {
    checkout: place('checkout'),
    home: place('home'),
    cache: place('cache'),
    state: place('state'),
  };
}

/** Addresses of the servers behind the link. */
export interface Addresses {
  mirror: string;
  registry: string;
}

/** Returns the environment of a new user on a host with Debian's programs only. */
export function newUser(places: Places, { mirror, registry }: Addresses): NodeJS.ProcessEnv {
  const aptConfig = path.join(places.home, 'apt.conf');
  fs.writeFileSync(aptConfig, `Acquire::http::Proxy "${mirror}";\n`);
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: places.home,
    HARDWAY_CACHE: places.cache,
    HARDWAY_STATE: places.state,
    HARDWAY_MIRROR: mirror,
    // Installed programs of this host would otherwise replace downloads.
    HARDWAY_TOOLCHAIN: 'download',
    APT_CONFIG: aptConfig,
    npm_config_registry: registry,
    npm_config_cache: path.join(places.home, 'npm-cache'),
  };
}

/** Result of a command: exit code, and each line of its output with the time it was printed. */
export interface Finished {
  code: number;
  started: number;
  ended: number;
  lines: { at: number; text: string }[];
}

/** Runs `./lab` in the checkout. Repeats its output on standard error, with seconds before it. */
export async function runLab(
  { checkout }: Places,
  words: string[],
  env: NodeJS.ProcessEnv,
): Promise<Finished> {
  const started = Date.now();
  const lines: Finished['lines'] = [];
  const child = spawn('./lab', words, {
    cwd: checkout,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (text) => {
      const at = Date.now();
      lines.push({ at, text });
      process.stderr.write(`${((at - started) / 1000).toFixed(1).padStart(6)}  ${text}\n`);
    });
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? -1));
  });
  return { code, started, ended: Date.now(), lines };
}

/** Returns the time at which the last program of the toolchain got its final name in the cache. */
export function lastProgramStored({ cache }: Places): number {
  const directory = path.join(cache, 'programs');
  // A rename changes a directory's ctime, and nothing else does later.
  const times = fs.readdirSync(directory).map((name) => {
    return fs.statSync(path.join(directory, name)).ctimeMs;
  });
  return Math.max(...times);
}
