import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';

interface Locked {
  integrity?: string;
  resolved?: string;
}

/** Returns the packages from a registry in package-lock.json, by path. */
function registryPackages(): [string, Locked][] {
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(lock.packages).filter(([, { integrity }]) => integrity !== undefined);
}

// Without an address, `npm ci` downloads the list of all versions of a package first: 124 MB in all.
test('the lock file has the address of each npm package on the public registry', () => {
  expect(registryPackages().length).toBeGreaterThan(100);
  const missing = registryPackages().filter(
    ([, { resolved }]) => !resolved?.startsWith('https://registry.npmjs.org/'),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
});
