import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as Esbuild from 'esbuild';
import { root } from '../util/repo-root';

/** File of the page, as the browser gets it. */
export interface Asset {
  type: string;
  body: string;
}

/** Page to serve. */
export interface Page {
  /** Directory of `main.ts`, `page.css` and `page.html`, from the repository's root. */
  sources: string;
  /** Texts for the braces in `page.html`, by name. */
  values: Record<string, string>;
}

/** Compiles a program or a style sheet of a page, with all that it imports. */
function build({ sources }: Page, entry: string): string {
  const { buildSync, stop } = require('esbuild') as typeof Esbuild;
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: [path.join(root, sources, entry)],
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
export function buildAssets(page: Page): Map<string, Asset> {
  return new Map([
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: build(page, 'main.ts') }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: build(page, 'page.css') }],
  ]);
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * Renders the page with a new nonce. The terminal adds its own style sheets, which get the
 * nonce. Scripts come from files only.
 */
export function renderPage({ sources, values }: Page): { html: string; policy: string } {
  const nonce = randomBytes(16).toString('base64');
  const source = fs.readFileSync(path.join(root, sources, 'page.html'), 'utf8');
  const html = source.replace(/\{(\w+)\}/g, (braces, name: string) =>
    escaped({ ...values, nonce }[name] ?? braces),
  );
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
