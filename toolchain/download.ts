import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { itemsIf } from '../util/optional';
import { semaphore } from '../util/semaphore';
import { ToolchainError, UnreachableError } from './errors';
import type { Architecture, Release } from './manifest';
import { run, type Outcome } from './run';

/** Seconds without a connection after which a host counts as unreachable. */
const CONNECT_SECONDS = 4;

/**
 * Number of releases that are transferred at a time. Few, because they share the link with apt,
 * which opens one connection: the nodes' Debian tree must be downloaded early, since unpacking it
 * takes longest.
 */
const TRANSFERS_AT_A_TIME = 3;

/** curl exit codes: proxy or host not resolved, connection failed, TLS handshake failed. */
const UNREACHABLE_CODES = [5, 6, 7, 35];
/**
 * curl exit code of a time-out. Only the connection has one here, so that the host is unreachable.
 */
const TIMED_OUT = 28;
/** curl exit codes of a transfer that ended before the announced length. */
const CUT_OFF_CODES = [18, 56, 92];

/**
 * Returns the URL to download from: `$HARDWAY_MIRROR/HOST/PATH` if a mirror is set, else the
 * official URL.
 */
export function effectiveUrl(official: string): string {
  const mirror = process.env.HARDWAY_MIRROR;
  if (!mirror) return official;
  const { host, pathname } = new URL(official);
  return `${mirror.replace(/\/+$/, '')}/${host}${pathname}`;
}

/** Runs curl. The last three characters of its output are the HTTP status. */
const curl = (url: string, more: string[], onLine?: (line: string) => void): Promise<Outcome> =>
  run(
    'curl',
    [
      '--silent',
      '--show-error',
      '--location',
      '--connect-timeout',
      `${CONNECT_SECONDS}`,
      '--speed-limit',
      '1000',
      '--speed-time',
      '30',
      '--write-out',
      '%{http_code}',
      // A redirect must not lead from HTTPS to plain HTTP.
      ...itemsIf(url.startsWith('https:'), '--proto-redir', '=https'),
      ...more,
      url,
    ],
    { onLine },
  );

/**
 * Probes each site once, in parallel, and remembers the result. An unreachable host costs one
 * time-out per command.
 */
export class Sites {
  /**
   * Runs a transfer as soon as fewer than the allowed number run, in the order of the calls. A
   * failed transfer does not stop the others, because finished parts are kept.
   */
  readonly transfer = semaphore(TRANSFERS_AT_A_TIME, { continues: true });
  private readonly probes = new Map<string, Promise<UnreachableError | undefined>>();

  /** Resolves if the site of `url` answers. Throws an UnreachableError if it does not. */
  async reach(url: string): Promise<void> {
    const { origin, host } = new URL(url);
    if (!this.probes.has(origin)) this.probes.set(origin, this.probe(origin, host));
    const failure = await this.probes.get(origin)!.catch((error: unknown) => {
      // curl is missing: the site is probed again after curl is installed.
      this.probes.delete(origin);
      throw error;
    });
    if (failure) throw failure;
  }

  /**
   * Returns true if the site of `url` answers, or if curl is missing and the site cannot be probed.
   */
  reachable(url: string): Promise<boolean> {
    return this.reach(url).then(
      () => true,
      (error) => !(error instanceof UnreachableError),
    );
  }

  /**
   * Marks a site as unreachable that answered the probe but failed later, or redirected to an
   * unreachable host.
   */
  giveUp(url: string, failure: UnreachableError): void {
    this.probes.set(new URL(url).origin, Promise.resolve(failure));
  }

  private async probe(origin: string, host: string): Promise<UnreachableError | undefined> {
    const outcome = await curl(`${origin}/`, [
      '--head',
      '--output',
      '/dev/null',
      '--max-redirs',
      '0',
      '--max-time',
      `${CONNECT_SECONDS + 2}`,
    ]);
    if (outcome.code !== TIMED_OUT && !UNREACHABLE_CODES.includes(outcome.code)) return undefined;
    return new UnreachableError(host, reason(outcome.stderr));
  }
}

/** Returns curl's error message without its prefix. */
const reason = (stderr: string): string =>
  stderr
    .trim()
    .replace(/^curl: \(\d+\) /, '')
    .split('\n')[0];

/**
 * Receives the megabytes that have arrived, as text. `fraction` is the part of the file, from 0 to
 * 1. Unset if the length of the file is not known.
 */
export type OnArrival = (detail: string, fraction?: number) => void;

/** Length of a file, read from the headers that curl prints. */
class AnnouncedLength {
  private bytes: number | undefined;

  /** Reads a header of any response. Only the last response has the file: others are redirects. */
  readonly readHeader = (line: string): void => {
    if (line.startsWith('HTTP/')) this.bytes = undefined;
    const length = /^content-length: *(\d+)$/i.exec(line)?.[1];
    if (length !== undefined) this.bytes = Number(length);
  };

  /** Returns the part of the file that has arrived. `undefined` without an announced length. */
  part(arrived: number): number | undefined {
    if (!this.bytes) return undefined;
    return Math.min(1, arrived / this.bytes);
  }
}

/**
 * Downloads `official` (from the mirror, if one is set) to `file`. Throws an UnreachableError if
 * the host cannot be reached. Throws a ToolchainError if the file does not exist there or the
 * transfer is cut off.
 */
export async function fetchFile(
  sites: Sites,
  official: string,
  file: string,
  onArrival: OnArrival,
): Promise<void> {
  const url = effectiveUrl(official);
  await sites.reach(url);
  const length = new AnnouncedLength();
  const watch = setInterval(() => {
    const arrived = fs.statSync(file, { throwIfNoEntry: false })?.size;
    if (arrived === undefined) onArrival('connecting');
    else onArrival(`${(arrived / 1e6).toFixed(1)} MB`, length.part(arrived));
  }, 500);
  const outcome = await curl(
    url,
    ['--output', file, '--dump-header', '-'],
    length.readHeader,
  ).finally(() => clearInterval(watch));
  const status = outcome.stdout.slice(-3);
  if (
    UNREACHABLE_CODES.includes(outcome.code) ||
    (outcome.code === TIMED_OUT && status === '000')
  ) {
    const failure = new UnreachableError(new URL(url).host, reason(outcome.stderr));
    sites.giveUp(url, failure);
    throw failure;
  }
  if (CUT_OFF_CODES.includes(outcome.code) || outcome.code === TIMED_OUT) {
    throw new ToolchainError(
      `${url}: the transfer was cut off (${reason(outcome.stderr)}). Run the command again.`,
    );
  }
  if (outcome.code !== 0) throw new ToolchainError(`${url}: ${reason(outcome.stderr)}`);
  if (status === '404') throw new ToolchainError(`${url}: file not found (HTTP status 404)`);
  if (!status.startsWith('2'))
    throw new ToolchainError(`${url}: the server answered with HTTP status ${status}`);
}

/** Returns the SHA-256 of a file in hexadecimal. */
export async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Finds a file's SHA-256 in the text that its project publishes: a single digest, or lines of
 * `DIGEST  NAME`.
 */
export function publishedDigest(text: string, name: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/))
    .filter((words) => /^[0-9a-f]{64}$/i.test(words[0]));
  const line =
    lines.find((words) => words[1] !== undefined && path.posix.basename(words[1]) === name) ??
    lines.find((words) => words.length === 1);
  return line?.[0].toLowerCase();
}

/** Returns the part of a release that has arrived in `file`, by the release's approximate size. */
const approximatePart = ({ megabytes }: Release, file: string): number =>
  Math.min(1, (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 1e6 / megabytes);

/**
 * Downloads a release to `directory` and verifies it. Returns path and digest. Throws a
 * ToolchainError that names both digests if they differ.
 */
export async function fetchRelease(
  sites: Sites,
  release: Release,
  architecture: Architecture,
  directory: string,
  onArrival: (detail: string, fraction: number) => void,
): Promise<{ file: string; digest: string }> {
  const official = release.url(architecture);
  const name = path.posix.basename(new URL(official).pathname);
  const file = path.join(directory, `${name}.download`);
  const expected = await sites.transfer(async () => {
    const published = await expectedDigest(sites, release, architecture, name, `${file}.digest`);
    await fetchFile(sites, official, file, (detail, fraction = approximatePart(release, file)) =>
      onArrival(`${name}: ${detail}`, fraction),
    );
    return published;
  });
  const digest = await fileDigest(file);
  if (digest !== expected) {
    fs.rmSync(file);
    throw new ToolchainError(
      `${effectiveUrl(official)} has the wrong content: expected SHA-256 ${expected}, got ${digest}. ` +
        'The file was not used. Find out who changed it before you continue.',
    );
  }
  return { file, digest };
}

async function expectedDigest(
  sites: Sites,
  release: Release,
  architecture: Architecture,
  name: string,
  file: string,
): Promise<string> {
  if ('pinned' in release.digest) return release.digest.pinned[architecture];
  const url = release.digest.published(architecture);
  await fetchFile(sites, url, file, () => undefined);
  const digest = publishedDigest(fs.readFileSync(file, 'utf8'), name);
  fs.rmSync(file);
  if (digest === undefined)
    throw new ToolchainError(`${effectiveUrl(url)} lists no SHA-256 digest of ${name}`);
  return digest;
}
