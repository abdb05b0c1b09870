import { execFileSync } from 'node:child_process';
import type { CloudName } from '../../components/config';
import { root } from '../../util/repo-root';

/** Cost of loading a stack's program. */
export interface Imports {
  /** Processor time for loading index.ts and the stack's cloud, both compiled before. */
  milliseconds: number;
  /** Names of the cloud SDKs that are in memory afterwards. */
  sdks: string[];
}

/** Fake credentials. Without credentials, the program loads no cloud. */
const CREDENTIALS = { AWS_PROFILE: 'none', GOOGLE_CREDENTIALS: '{}' };

/** Loads the program of a stack on `cloud` in a new process, up to the point where it would create resources. */
export function imports(cloud: CloudName): Imports {
  const program = `
    const { load } = require('./bin/run.cjs');
    const begin = process.cpuUsage();
    load('index.ts');
    load('components/load-cloud.ts').loadCloud({ cloud: '${cloud}', project: 'none' });
    const { user, system } = process.cpuUsage(begin);
    const found = Object.keys(require.cache).map((file) => /@pulumi[\\\\/](aws|gcp)[\\\\/]/.exec(file)?.[1]);
    console.log(JSON.stringify({ milliseconds: (user + system) / 1000, sdks: [...new Set(found.filter(Boolean))] }));
  `;
  return JSON.parse(
    execFileSync(process.execPath, ['-e', program], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...CREDENTIALS },
    }),
  ) as Imports;
}

/** Returns the median of several runs. An additional first run compiles changed sources and does not count. */
export function medianImports(cloud: CloudName, times = 5): Imports {
  imports(cloud);
  const all = Array.from({ length: times }, () => imports(cloud)).sort(
    (a, b) => a.milliseconds - b.milliseconds,
  );
  return all[Math.floor(times / 2)];
}
