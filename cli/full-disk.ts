import * as os from 'node:os';
import { cacheDirectory, cloudDirectory, stateDirectory } from '../util/directories';
import { roomAt } from './doctor/disk';
import { type Failure, unable } from './errors';

/** Less room than this is none: what is written comes in such pieces. */
const NOTHING = { bytes: 8 * 1024 ** 2, files: 20 };

/** Those of the places that are written to where nothing more fits. */
export function fullPlaces(room = roomAt): string[] {
  return [...new Set([stateDirectory(), cloudDirectory(), cacheDirectory(), os.tmpdir()])].filter(
    (place) => {
      const { bytes, files } = room(place);
      return bytes < NOTHING.bytes || files < NOTHING.files;
    },
  );
}

/** One message in place of all that the kernel, the engine and the programs say of a full disk; undefined where `text` is of something else. */
export function diskFull(text: string, next?: string, full = fullPlaces): Failure | undefined {
  // The last: it was told already, and is told again with what to do next.
  if (!/ENOSPC|EDQUOT|no space left on device|disk quota exceeded|^The disk is full/im.test(text))
    return undefined;
  const places = full();
  const where = places.length > 0 ? ` at ${places.join(' and ')}` : '';
  const named = /(?:write|open|mkdir|copyfile)\S* '?(\/[^\s':]+)/.exec(text)?.[1];
  const what = places.length === 0 && named ? `: ${named} could not be written` : '';
  return unable(
    `The disk is full${where}${what}. What was under way stopped there.`,
    `free space there (./lab doctor says how much)${next ? `; then ${next}` : ', then the same command again'}`,
  );
}
