import * as os from 'node:os';
import { cacheDirectory, cloudDirectory, stateDirectory } from '../util/directories';
import { roomAt } from '../util/free-space';
import { textIf } from '../util/optional';
import { type Failure, unable } from './errors';
import { joinNames } from '../util/join-names';

/** Less space than this counts as none: files are written in pieces of this size. */
const NOTHING = { bytes: 8 * 1024 ** 2, files: 20 };

/** Returns the directories of this program that are on a full file system. */
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
  const where = textIf(places.length > 0, ` at ${joinNames(places)}`);
  const named = /(?:write|open|mkdir|copyfile)\S* '?(\/[^\s':]+)/.exec(text)?.[1];
  const what = textIf(places.length === 0 && named, `: ${named} could not be written`);
  return unable(
    `The disk is full${where}${what}. The command stopped there.`,
    `free space there (./lab doctor says how much)${next ? `; then ${next}` : ', then run the same command again'}`,
  );
}

/** Returns the state directory if its file system is full. */
const fullState = (): string[] => fullPlaces().filter((place) => place === stateDirectory());

/** Milliseconds between two looks at the disk of the state. */
const LOOK = 2000;

/**
 * Calls `report` once as soon as the disk of the state is full. Returns a function that ends the
 * watch. The engine repeats a failed write of the state 11 times within 32 seconds and prints
 * nothing, for one finished resource after another (Pulumi 3.259, pkg/backend/diy/state.go).
 */
export function watchState(report: (text: string) => void, full = fullState): () => void {
  const timer = setInterval(() => {
    const places = full();
    if (places.length === 0) return;
    clearInterval(timer);
    report(
      `The disk is full at ${joinNames(places)}: free space there now, and the command goes on. ` +
        'The engine waits half a minute for it, for each resource in progress.',
    );
  }, LOOK).unref();
  return () => clearInterval(timer);
}
