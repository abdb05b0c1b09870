import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { packAsUpstream } from '../../test/fixtures/upstream-archives';
import { thisArchitecture } from '../../toolchain/fetch-or-build';
import { upstreamProjects, type UpstreamProject, type Release } from '../../toolchain/manifest';

/** A published file, and its SHA-256. */
export interface PublishedFile {
  file: string;
  digest: string;
}

/** `HOST/PATH` of an official address: the same below the mirror. */
export function pathOnMirror(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** Packs one release from the programs in `store`: a plain program, or an archive with upstream's layout. */
async function contentOf(
  project: UpstreamProject,
  release: Release,
  store: string,
): Promise<Buffer> {
  const program = (name: string): Buffer => {
    const file = path.join(store, name);
    if (fs.existsSync(file)) return fs.readFileSync(file);
    return Buffer.from(`${name}\n`);
  };
  if (typeof release.holds === 'string') return program(release.holds);
  return gzipSync(await packAsUpstream(project, thisArchitecture(), program), { level: 1 });
}

/**
 * Writes every release that nodes download into `directory`, laid out as HOST/PATH. Returns each file's digest by its
 * path there. The digests are not the official ones: the programs were built on this host.
 */
export async function publishReleases(
  directory: string,
  store: string,
): Promise<Map<string, PublishedFile>> {
  const published = new Map<string, PublishedFile>();
  const put = (name: string, content: Buffer): string => {
    const file = path.join(directory, name);
    const digest = createHash('sha256').update(content).digest('hex');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    published.set(name, { file, digest });
    return digest;
  };
  for (const project of upstreamProjects.filter(({ use }) => use.includes('node'))) {
    for (const release of project.releases) {
      const url = release.url(thisArchitecture());
      const digest = put(pathOnMirror(url), await contentOf(project, release, store));
      if ('published' in release.digest)
        put(
          pathOnMirror(release.digest.published(thisArchitecture())),
          Buffer.from(`${digest}  ${path.basename(url)}\n`),
        );
    }
  }
  return published;
}
