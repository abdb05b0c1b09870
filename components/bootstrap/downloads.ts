import { ARCHITECTURES, upstreamProjects } from '../../toolchain';
import type { Download } from './step';

/** Returns the URL of a file on the mirror, `MIRROR/HOST/PATH`; without a mirror the official URL. */
function mirrored(official: string, mirror: string): string {
  const { host, pathname } = new URL(official);
  if (mirror) return `${mirror}/${host}${pathname}`;
  return official;
}

/** Lists the official releases of all programs of nodes, for all architectures in the manifest. */
export function officialDownloads(mirror: string): Download[] {
  return upstreamProjects
    .filter((project) => project.use.includes('node'))
    .flatMap((project) => project.releases)
    .flatMap(({ url, digest, holds }) =>
      ARCHITECTURES.flatMap((architecture) => {
        const file = {
          architecture,
          url: mirrored(url(architecture), mirror),
          digest:
            'pinned' in digest
              ? digest.pinned[architecture]
              : mirrored(digest.published(architecture), mirror),
        };
        if (typeof holds === 'string') return [{ ...file, name: holds }];
        return Object.entries(holds(architecture)).map(([name, member]) => ({
          ...file,
          name,
          member,
        }));
      }),
    );
}
