import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { packAsUpstream } from '../../test/fixtures/upstream-archives';
import { findStored, thisArchitecture } from '../../toolchain/fetch-or-build';
import {
  commandPlugin,
  upstreamProject,
  upstreamProjects,
  type Release,
  type UpstreamProject,
} from '../../toolchain/manifest';
import { unable } from '../../cli/errors';
import { root } from '../../util/repo-root';

const MEGABYTE = 1e6;

/**
 * Megabytes of programs that an official archive has and this host's build lacks, unpacked. The
 * archive gets parts of Kubernetes programs instead, which compress like any Go program.
 *
 * | project | source |
 * |---|---|
 * | pulumi | pulumi/pulumi issue 23357 (May 2026): 923,504 blocks of 512 bytes, with ten languages |
 * | cni-plugins | a public listing: the archive of 1.3.0 has 45.3 MB, with all plugins |
 * | containerd | a public listing: the archive of 1.7.11 has 45.8 MB; 2 has one program fewer |
 * | etcd, coredns, crictl, plugin | estimates: etcdctl and etcdutl; all plugins; as other releases |
 *
 * Kubernetes and runc publish plain programs, linked with the same flags as this host's.
 */
const OTHERS: Record<string, number> = {
  pulumi: 340,
  'cni-plugins': 100,
  containerd: 45,
  etcd: 33,
  coredns: 25,
  crictl: 15,
  [commandPlugin.name]: 60,
};

/** A file of the mirror: an official release, or the list of its digests. */
export interface Archive {
  project: string;
  file: string;
  bytes: number;
}

/** Releases on the mirror, and the digests that replace pinned ones in a checkout. */
export interface Published {
  archives: Archive[];
  /** Maps each pinned digest to the digest of this host's file. */
  digests: Map<string, string>;
}

/** Returns the file of a program on this host. */
function programFile(project: UpstreamProject, program: string): string {
  const found = findStored(project, thisArchitecture(), 'auto');
  if (!found)
    throw unable(
      `The cache has no ${project.name} to pack as a release.`,
      'HARDWAY_TOOLCHAIN=build ./lab setup',
    );
  return path.join(found.directory, program);
}

/** Returns a script that starts the stand-in of `checkout`, because the official plugin cannot be built. */
const pluginScript = (checkout: string): string =>
  `#!/bin/sh\nexec "\${HARDWAY_NODE:-node}" '${checkout}/bin/run.cjs' command-plugin/main.ts "$@"\n`;

/** Returns parts of Kubernetes programs with `megabytes` in all. */
function others(megabytes: number): Buffer[] {
  const kubernetes = upstreamProject('kubernetes');
  const parts: Buffer[] = [];
  let missing = megabytes * MEGABYTE;
  for (const program of kubernetes.programs) {
    if (missing <= 0) break;
    const part = fs.readFileSync(programFile(kubernetes, program)).subarray(0, missing);
    parts.push(part);
    missing -= part.length;
  }
  return parts;
}

async function contentOf(
  project: UpstreamProject,
  release: Release,
  checkout: string,
): Promise<Buffer> {
  if (typeof release.holds === 'string')
    return fs.readFileSync(programFile(project, release.holds));
  const content = (program: string): string | Buffer => {
    if (program === commandPlugin.name) return pluginScript(checkout);
    if (!project.programs.includes(program)) return `${program}\n`;
    return fs.readFileSync(programFile(project, program));
  };
  const packed = await packAsUpstream(
    project,
    thisArchitecture(),
    content,
    others(OTHERS[project.name] ?? 0),
  );
  return promisify(gzip)(packed);
}

/**
 * Writes every official file of a local lab's first start into `directory`, laid out as HOST/PATH,
 * from the programs in this host's cache. `checkout` will start the command plugin.
 */
export async function publish(directory: string, checkout: string): Promise<Published> {
  const architecture = thisArchitecture();
  const published: Published = { archives: [], digests: new Map() };
  const put = (url: string, content: Buffer): void => {
    const { host, pathname } = new URL(url);
    const file = path.join(directory, host, pathname);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  };
  for (const project of [...upstreamProjects, commandPlugin]) {
    for (const release of project.releases) {
      const url = release.url(architecture);
      const file = path.posix.basename(url);
      const content = await contentOf(project, release, checkout);
      const digest = createHash('sha256').update(content).digest('hex');
      put(url, content);
      published.archives.push({ project: project.name, file, bytes: content.length });
      if ('pinned' in release.digest)
        published.digests.set(release.digest.pinned[architecture], digest);
      else put(release.digest.published(architecture), Buffer.from(`${digest}  ${file}\n`));
    }
  }
  return published;
}

const PROJECTS = 'toolchain/projects';

/** Replaces pinned digests in a copy of the checkout. Throws if one is not found there. */
export function replaceDigests(checkout: string, digests: Map<string, string>): void {
  const directory = path.join(checkout, PROJECTS);
  const pending = new Set(digests.keys());
  for (const name of fs.readdirSync(directory)) {
    const file = path.join(directory, name);
    let text = fs.readFileSync(file, 'utf8');
    for (const [official, own] of digests) {
      if (!text.includes(official)) continue;
      text = text.replaceAll(official, own);
      pending.delete(official);
    }
    fs.writeFileSync(file, text);
  }
  if (pending.size > 0)
    throw new Error(`${PROJECTS} of the copy lacks the digests ${[...pending].join(', ')}`);
}

/** Copies the tracked files of this checkout, with their changes, to `checkout`. */
export const copyCommand = (checkout: string): string =>
  `cd '${root}' && git ls-files -z | tar --create --null --files-from=- | tar --extract --directory='${checkout}'`;
