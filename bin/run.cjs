#!/usr/bin/env node
// Runs a TypeScript entry of this repository, compiled by esbuild without a type check:
// `node bin/run.cjs cli/main.ts ARG…`, or `require('./bin/run.cjs').load(entry)`.
// The compiled file in dist/ is reused until one of its sources changes.
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');

/** Directory in which Node keeps compiled bytecode between starts. */
const bytecode = path.join(root, 'dist/bytecode');

/** Returns whether no source has changed since the compiled file was written. */
function fresh(stamp) {
  try {
    const inputs = JSON.parse(fs.readFileSync(stamp, 'utf8'));
    return Object.entries(inputs).every(
      ([file, mtime]) => fs.statSync(path.join(root, file)).mtimeMs === mtime,
    );
  } catch {
    return false;
  }
}

/**
 * Returns whether an entry is a plugin. Plugins implement the engine's protocol themselves and are bundled with all
 * packages, which halves their start time. In a program, the SDK must stay the module in node_modules, because Pulumi
 * finds its own instance by module identity.
 */
const isPlugin = (entry) => /^(provider|command-plugin)\//.test(entry);

/** Compiles `entry` (a path from the repository's root) if a source changed; returns the compiled file's path. */
function compile(entry) {
  const out = path.join(root, 'dist', entry.replace(/[/\\]/g, '-').replace(/\.ts$/, '.cjs'));
  // The npm package has compiled files and no sources.
  if (!fs.existsSync(path.join(root, entry)) && fs.existsSync(out)) return out;
  const stamp = `${out}.inputs.json`;
  if (fs.existsSync(out) && fresh(stamp)) return out;
  // Node never removes bytecode of older files.
  fs.rmSync(bytecode, { recursive: true, force: true });
  const scratch = `${out}.${process.pid}`;
  const result = require('esbuild').buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: scratch,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    external: isPlugin(entry)
      ? ['esbuild']
      : ['@pulumi/*', '@aws-sdk/*', '@googleapis/*', '@lydell/node-pty', 'esbuild', 'typescript'],
    metafile: true,
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'error',
  });
  const inputs = Object.keys(result.metafile.inputs).filter(
    (file) => !file.startsWith('node_modules/'),
  );
  inputs.push('package-lock.json', 'bin/run.cjs');
  const mtimes = Object.fromEntries(
    inputs.map((file) => [file, fs.statSync(path.join(root, file)).mtimeMs]),
  );
  fs.writeFileSync(`${stamp}.${process.pid}`, JSON.stringify(mtimes));
  // Several plugins may compile at once, and none may load a half-written file: so files are renamed, the stamp last.
  fs.renameSync(scratch, out);
  fs.renameSync(`${stamp}.${process.pid}`, stamp);
  return out;
}

/** Compiles and loads `entry`; returns its exports. */
function load(entry) {
  const file = compile(entry);
  // Node 22.0 has no compile cache.
  require('node:module').enableCompileCache?.(bytecode);
  return require(file);
}

module.exports = { compile, load };

if (require.main === module) {
  const entry = process.argv[2];
  process.argv.splice(1, 2, path.join(root, entry));
  // Reading the source map takes a quarter of a second. Only HARDWAY_DEBUG shows stack traces.
  if (process.env.HARDWAY_DEBUG === '1') process.setSourceMapsEnabled(true);
  load(entry);
}
