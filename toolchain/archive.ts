import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import * as tar from 'tar-stream';
import { ToolchainError } from './errors';

/** Removes a leading `./` from the name of an archive member. */
const plain = (name: string): string => path.posix.normalize(name).replace(/^\.\//, '');

/**
 * Extracts members of a tar.gz archive as executable files. `members` maps a file name in
 * `directory` to a path in the archive. Throws a ToolchainError that lists members missing from the
 * archive.
 */
export async function extractMembers(
  archive: string,
  members: Record<string, string>,
  directory: string,
): Promise<void> {
  const pending = new Map(Object.entries(members).map(([file, member]) => [plain(member), file]));
  const extract = tar.extract();
  const reading = pipeline(fs.createReadStream(archive), createGunzip(), extract);
  reading.catch(() => undefined);
  try {
    for await (const entry of extract) {
      const file = pending.get(plain(entry.header.name));
      if (entry.header.type !== 'file' || file === undefined) {
        entry.resume();
        continue;
      }
      await pipeline(entry, fs.createWriteStream(path.join(directory, file), { mode: 0o755 }));
      pending.delete(plain(entry.header.name));
    }
    await reading;
  } catch (error) {
    throw new ToolchainError(
      `${path.basename(archive)} can't be unpacked: ${(error as Error).message}`,
    );
  }
  if (pending.size > 0)
    throw new ToolchainError(`${path.basename(archive)} lacks ${[...pending.keys()].join(', ')}`);
}
