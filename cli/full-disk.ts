import * as os from 'node:os';
import { cacheDirectory, cloudDirectory, stateDirectory } from '../util/directories';
import { roomAt } from '../util/free-space';
import { type Failure, unable } from './errors';

/** Less space than this counts as none: files are written in pieces of this size. */
const NOTHING = { bytes: 8 * 1024 ** 2, files: 20 };

/** Returns the directories of this program whose file system is full. */
export function fullPlaces(room = roomAt): string[] {
  return [...new Set([stateDirectory(), cloudDirectory(), cacheDirectory(), os.tmpdir()])].filter(
    (place) => {
      const { bytes, files } = room(place);
      return bytes < NOTHING.bytes || files < NOTHING.files;
    },
  );
}

/**
 * Returns one message instead of those of the kernel, the engine and programs about a full disk;
 * `undefined` if `text` is about anything else.
 */
export function diskFull(text: string, next?: string, full = fullPlaces): Failure | undefined {
  // The last alternative is this function's own message, which gets a new fix.
  if (!/ENOSPC|EDQUOT|no space left on device|disk quota exceeded|^The disk is full/im.test(text))
    return undefined;
  const places = full();
  const where = places.length > 0 ? ` at ${places.join(' and ')}` : '';
  const named = /(?:write|open|mkdir|copyfile)\S* '?(\/[^\s':]+)/.exec(text)?.[1];
  const what = places.length === 0 && named ? `: ${named} could not be written` : '';
  return unable(
    `The disk is full${where}${what}. The command stopped there.`,
    `free space there (./lab doctor says how much)${next ? `; then ${next}` : ', then run the same command again'}`,
  );
}
