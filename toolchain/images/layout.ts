import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Architecture } from '../manifest';
import { writeLayer, type Tree } from './layer';

export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** Annotation in the index of an OCI layout that holds the image's name. */
export const NAME_ANNOTATION = 'org.opencontainers.image.ref.name';

/** Start settings of a container, with the names of the OCI image config. */
export interface ImageConfig {
  Entrypoint?: string[];
  Cmd?: string[];
  Env?: string[];
  ExposedPorts?: Record<string, object>;
  StopSignal?: string;
  User?: string;
  WorkingDir?: string;
}

export interface Image {
  /** Repositories of the image, as `REGISTRY/PATH`. Every tag gives this image. */
  repositories: string[];
  tree: Tree;
  config: ImageConfig;
}

/** An OCI content descriptor. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

const blobPath = (directory: string, digest: string): string =>
  path.join(directory, 'blobs', ...digest.split(':'));

function writeJson(directory: string, mediaType: string, value: object): Descriptor {
  const text = JSON.stringify(value);
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  fs.writeFileSync(blobPath(directory, digest), text);
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

async function writeImage(
  directory: string,
  image: Image,
  architecture: Architecture,
): Promise<Descriptor> {
  const scratch = path.join(directory, 'layer.tar');
  const { digest, size } = await writeLayer(image.tree, scratch);
  fs.renameSync(scratch, blobPath(directory, digest));
  const config = writeJson(directory, MEDIA_TYPES.config, {
    created: '1970-01-01T00:00:00Z',
    architecture,
    os: 'linux',
    config: image.config,
    rootfs: { type: 'layers', diff_ids: [digest] },
  });
  return writeJson(directory, MEDIA_TYPES.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config,
    layers: [{ mediaType: MEDIA_TYPES.layer, digest, size }],
  });
}

/** Writes images as an OCI image layout: `oci-layout`, `index.json` and `blobs/sha256/…`. */
export async function writeLayout(
  directory: string,
  images: Image[],
  architecture: Architecture,
): Promise<void> {
  fs.mkdirSync(path.join(directory, 'blobs', 'sha256'), { recursive: true });
  const manifests: Descriptor[] = [];
  for (const image of images) {
    const descriptor = await writeImage(directory, image, architecture);
    manifests.push(
      ...image.repositories.map((name) => ({
        ...descriptor,
        annotations: { [NAME_ANNOTATION]: name },
      })),
    );
  }
  fs.writeFileSync(
    path.join(directory, 'oci-layout'),
    JSON.stringify({ imageLayoutVersion: '1.0.0' }),
  );
  fs.writeFileSync(
    path.join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests }, null, 2),
  );
}

/** Reads the images of a layout: maps each repository to its manifest's descriptor. */
export function readLayout(directory: string): Map<string, Descriptor> {
  const index = JSON.parse(fs.readFileSync(path.join(directory, 'index.json'), 'utf8')) as {
    manifests: Descriptor[];
  };
  return new Map(
    index.manifests.map((descriptor) => [descriptor.annotations![NAME_ANNOTATION], descriptor]),
  );
}

/** Returns the file of a blob; `undefined` if it does not exist or `digest` is not a digest. */
export function findBlob(directory: string, digest: string): string | undefined {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const file = blobPath(directory, digest);
  if (fs.existsSync(file)) return file;
  return undefined;
}
