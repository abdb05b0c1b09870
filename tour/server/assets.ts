import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as Esbuild from 'esbuild';
import { root } from '../../util/repo-root';

/** File of the page, as the browser gets it. */
export interface Asset {
  type: string;
  body: string;
}

/** Directory of the page's sources. */
const PAGE = path.join(root, 'tour/page');

/** Compiles the page's program and its styles, with those of the terminal. */
function build(entry: string): string {
  const { buildSync, stop } = require('esbuild') as typeof Esbuild;
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: [path.join(PAGE, entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  // Ends the compiler's process, which would stay otherwise.
  void stop();
  return outputFiles[0].text;
}

/** Builds the files of the page, by path. */
export function buildAssets(): Map<string, Asset> {
  return new Map([
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: build('main.ts') }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: build('page.css') }],
  ]);
}

/**
 * Returns the page, with a new nonce. The terminal adds style sheets of its own, which get the
 * nonce. Scripts come from files only.
 */
export function renderPage(lab: string): { html: string; policy: string } {
  const nonce = randomBytes(16).toString('base64');
  const html = fs
    .readFileSync(path.join(PAGE, 'page.html'), 'utf8')
    .replaceAll('{lab}', lab)
    .replaceAll('{nonce}', nonce);
  return { html, policy: policyOf(nonce) };
}

/** Content security policy: the page's own files and socket, and no other host. */
const policyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
