import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { inPlaces, ownPlaces } from '../support/typed';

ownPlaces();

/** Runs a script as the SDK's `run` or under another name, with bin/program-preload.cjs. */
function preloaded(name: string, script: string): string {
  const file = inPlaces(name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, script);
  const preload = path.join(root, 'bin/program-preload.cjs');
  return execFileSync(process.execPath, ['--require', preload, file], {
    encoding: 'utf8',
    env: {
      ...process.env,
      NODE_PATH: path.join(root, 'node_modules'),
      PULUMI_NODEJS_TYPESCRIPT: 'true',
    },
  }).trim();
}

const RUN = 'node_modules/@pulumi/pulumi/cmd/run/index.js';
const LOADED = 'Object.keys(require.cache).some((file) => /typescript.lib/.test(file))';

describe('the preload of the program', () => {
  test('loads TypeScript when an export is read, not before', () => {
    const script = `const ts = require('typescript'); const before = ${LOADED}; console.log(before, ts.SyntaxKind.Identifier > 0, ${LOADED})`;
    expect(preloaded(RUN, script)).toBe('false true true');
  });

  test('keeps the SDK from registering ts-node', () =>
    expect(preloaded(RUN, 'console.log(process.env.PULUMI_NODEJS_TYPESCRIPT)')).toBe('false'));

  test("lets the SDK's `__importStar` copy no export", () => {
    const script = `console.log(require('typescript').__esModule, ${LOADED})`;
    expect(preloaded(RUN, script)).toBe('true false');
  });

  test('changes nothing in other processes', () => {
    const script = `require('typescript'); console.log(${LOADED}, process.env.PULUMI_NODEJS_TYPESCRIPT)`;
    expect(preloaded('other.js', script)).toBe('true true');
  });
});
