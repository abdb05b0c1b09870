// Builds what `npm pack` puts into the package: dist/package (compiled components and their types)
// and the plugins' compiled files. Runs as npm's script `prepack`.
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { compile } = require('./run.cjs');

const root = path.resolve(__dirname, '..');
fs.rmSync(path.join(root, 'dist/package'), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.package.json'],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
for (const entry of [
  'provider/main.ts',
  'provider/local/image-mirror/main.ts',
  'provider/local/service-controller/main.ts',
  'command-plugin/main.ts',
])
  compile(entry);
