import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import {
  cacheDirectory,
  cloudDirectory,
  hostDirectory,
  stateDirectory,
} from '../../util/directories';
import { type Mount, mountOf } from '../../util/mounts';
import { itemsIf } from '../../util/optional';
import { fail, type Finding, ok, type Probe } from './finding';
import { joinNames } from '../../util/join-names';

type Judgement = Omit<Finding, 'id' | 'title'>;

/** A directory that labs use, and the variable that moves it. */
export interface Place {
  variable: string;
  directory: string;
}

const CHECKOUT = 'the checkout';

export const places = (): Place[] => [
  { variable: 'HARDWAY_CLOUD', directory: cloudDirectory() },
  { variable: 'HARDWAY_CACHE', directory: cacheDirectory() },
  { variable: 'HARDWAY_STATE', directory: stateDirectory() },
  { variable: CHECKOUT, directory: root },
];

/**
 * Characters with a meaning for some program of a lab. `:` and `,` separate the options of overlay
 * mounts and of systemd-nspawn, and PATH. `?`, `#` and `%` are parts of the backend's URL, and ssh
 * and systemd expand `%`.
 */
const UNFIT = /[:,\\"'%?#$`]|\p{Cc}/u;

function named(character: string): string {
  if (/\p{Cc}/u.test(character)) return 'a control character';
  return `"${character}"`;
}

function cureOf({ variable }: Pick<Place, 'variable'>): string {
  if (variable === CHECKOUT) return 'move the checkout';
  return `set ${variable}`;
}

/** Checks that mounts, URLs and search paths can name each directory. */
export function pathFinding(checked: Place[] = places()): Judgement {
  const unfit = checked.flatMap(({ variable, directory }) => {
    const [character] = UNFIT.exec(directory) ?? [];
    if (!character) return [];
    return [{ variable, text: `${variable} has ${named(character)} in its path ${directory}` }];
  });
  if (unfit.length === 0) return ok('no character that mounts or URLs read as their own');
  const cures = unfit.map(cureOf);
  return fail(
    unfit.map(({ text }) => text).join('; '),
    `${joinNames(cures)} to a path of letters, digits, blanks and . _ - @ + = ~ ( )`,
  );
}

export const pathProbe: Probe = { id: 'paths', title: 'Paths', look: () => pathFinding() };

/**
 * Lists the directories that programs are run from. Images are made in TMPDIR, by running programs
 * of Debian there.
 */
const programPlaces = (makesImages: boolean): Place[] => [
  ...places().filter(({ variable }) => variable !== 'HARDWAY_CLOUD'),
  ...itemsIf(makesImages, { variable: 'TMPDIR', directory: os.tmpdir() }),
];

/** Checks that programs can be run from each directory that holds programs. */
export function execFinding(
  checked: Place[],
  mount: (directory: string) => Mount | undefined = mountOf,
): Judgement {
  const closed = checked.filter(({ directory }) => mount(directory)?.options.includes('noexec'));
  if (closed.length === 0)
    return ok('programs can be run from the state, the cache and the checkout');
  return fail(
    closed
      .map(
        ({ variable, directory }) =>
          `${variable} (${directory}) is on a file system mounted noexec`,
      )
      .join('; '),
    `${joinNames(closed.map(cureOf))} to a directory on a file system that programs can be run from`,
  );
}

/** `makesImages`: the container images are missing, so that `up` makes them. */
export const execProbe = (
  makesImages: boolean,
  mount?: (directory: string) => Mount | undefined,
): Probe => ({
  id: 'noexec',
  title: 'Running programs',
  look: () => execFinding(programPlaces(makesImages), mount),
});

/** Throws with the kernel's error code if no file can be created in an existing directory. */
const requireWritable = (directory: string): void =>
  fs.accessSync(directory, fs.constants.W_OK | fs.constants.X_OK);

/** Returns why no file can be created in a directory; `undefined` if it is possible. */
function obstacle(directory: string, access: typeof requireWritable): string | undefined {
  let existing = directory;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  if (!fs.statSync(existing).isDirectory()) return `${existing} is a file`;
  try {
    access(existing);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EROFS') return `${existing} is on a read-only file system`;
    return `${existing} is not writable`;
  }
}

/** Directories that `up` of a local lab writes to. */
const writtenPlaces = (): Place[] => [
  ...places().filter(({ variable }) => variable !== CHECKOUT),
  { variable: 'HARDWAY_HOST', directory: hostDirectory() },
];

/** Checks that files can be created in each directory. */
export function writableFinding(
  checked: Place[] = writtenPlaces(),
  access = requireWritable,
): Judgement {
  const closed = checked.flatMap(({ variable, directory }) => {
    const reason = obstacle(directory, access);
    return itemsIf(reason, { variable, text: `${variable} (${directory}): ${reason}` });
  });
  if (closed.length === 0) return ok('state, cache and labs can be written');
  return fail(
    closed.map(({ text }) => text).join('; '),
    `make it writable, or set ${joinNames(closed.map(({ variable }) => variable))} to a directory that is`,
  );
}

export const writableProbe: Probe = {
  id: 'writable',
  title: 'Writable directories',
  look: () => writableFinding(),
};
