import { ARCHITECTURES, components } from '../../toolchain/manifest';
import type { Download } from './index';

/** Where a file of an official address is taken from: `MIRROR/HOST/PATH`, or the address itself. */
function mirrored(official: string, mirror: string): string {
  const { host, pathname } = new URL(official);
  return mirror ? `${mirror}/${host}${pathname}` : official;
}

/** The official release of every program that nodes run, for every architecture, as the toolchain's manifest names them. */
export function officialDownloads(mirror: string): Download[] {
  return components
    .filter((component) => component.use.includes('node'))
    .flatMap((component) => component.releases)
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
