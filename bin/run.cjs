#!/usr/bin/env node
// Runs one of this repository's TypeScript entries, compiled by esbuild (in a process of its own memory, so that
// nothing waits for a type-check): `node bin/run.cjs cli/main.ts ARG…`, or `require('./bin/run.cjs').load(entry)`.
// The compiled file in dist/ is used again as long as no source it was made from has changed, so an edit is never missed.
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');

/** Milliseconds of each source's last change, or undefined where the compiled file can't be trusted. */
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
 * Plugins speak the engine's protocol themselves and are bundled whole, which halves the time they take to start.
 * In a program the SDK finds its own instance by module identity: there it must stay the one in node_modules.
 */
const isPlugin = (entry) => /^(provider|command-plugin)\//.test(entry);

/** Compiles `entry` (a path from the repository's root) if a source changed; returns the compiled file's path. */
function compile(entry) {
  const out = path.join(root, 'dist', entry.replace(/[/\\]/g, '-').replace(/\.ts$/, '.cjs'));
  const stamp = `${out}.inputs.json`;
  if (fs.existsSync(out) && fresh(stamp)) return out;
  const scratch = `${out}.${process.pid}`;
  const result = require('esbuild').buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: scratch,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: isPlugin(entry)
      ? ['esbuild']
      : ['@pulumi/*', '@aws-sdk/*', '@googleapis/*', 'esbuild'],
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
  // Renamed whole, stamp last: several plugins may compile at once, and none may load half a file.
  fs.renameSync(scratch, out);
  fs.renameSync(`${stamp}.${process.pid}`, stamp);
  return out;
}

/** Compiles and loads `entry`; returns its exports. */
function load(entry) {
  return require(compile(entry));
}

module.exports = { compile, load };

if (require.main === module) {
  const entry = process.argv[2];
  process.argv.splice(1, 2, path.join(root, entry));
  // Reading the map costs a quarter of a second, and only who debugs sees a stack trace.
  if (process.env.HARDWAY_DEBUG === '1') process.setSourceMapsEnabled(true);
  load(entry);
}
