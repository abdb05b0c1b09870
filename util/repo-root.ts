import * as fs from 'node:fs';
import * as path from 'node:path';

/** Root directory of the repository. Works for compiled code (dist/) and for TypeScript (tests). */
export const root: string = (() => {
  let directory = __dirname;
  while (!fs.existsSync(path.join(directory, 'Pulumi.yaml'))) {
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error(`no Pulumi.yaml in or above ${__dirname}`);
    directory = parent;
  }
  return directory;
})();
