import { execFileSync } from 'node:child_process';
import type { Cloud } from '../../components/config';
import { root } from '../../util/repo-root';

/** What a stack's program costs before it does anything. */
export interface Imports {
  /** Of processor time, to load index.ts and the cloud that the stack is on, compiled already. */
  milliseconds: number;
  /** Names of the clouds' SDKs that are then in memory. */
  sdks: string[];
}

/** Looks like credentials: without any, no cloud is loaded. */
const SOMEBODY = { AWS_PROFILE: 'nobody', GOOGLE_CREDENTIALS: '{}' };

/** Loads what the program of a stack on `cloud` loads until it makes something, in a process of its own. */
export function imports(cloud: Cloud): Imports {
  const program = `
    const { load } = require('./bin/run.cjs');
    const begin = process.cpuUsage();
    load('index.ts');
    load('components/cloud.ts').loadCloud({ cloud: '${cloud}', project: 'nobodys' });
    const { user, system } = process.cpuUsage(begin);
    const found = Object.keys(require.cache).map((file) => /@pulumi[\\\\/](aws|gcp)[\\\\/]/.exec(file)?.[1]);
    console.log(JSON.stringify({ milliseconds: (user + system) / 1000, sdks: [...new Set(found.filter(Boolean))] }));
  `;
  return JSON.parse(
    execFileSync(process.execPath, ['-e', program], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...SOMEBODY },
    }),
  ) as Imports;
}

/** The median of several. The first one compiles, where a source has changed, and isn't counted. */
export function medianImports(cloud: Cloud, times = 5): Imports {
  imports(cloud);
  const all = Array.from({ length: times }, () => imports(cloud)).sort(
    (a, b) => a.milliseconds - b.milliseconds,
  );
  return all[Math.floor(times / 2)];
}
