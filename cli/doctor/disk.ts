import * as os from 'node:os';
import * as path from 'node:path';
import { cacheDirectory, cloudDirectory, stateDirectory } from '../../util/directories';
import { type Room, roomAt } from '../../util/free-space';
import { itemsIf } from '../../util/optional';
import { plural } from '../../util/plural';
import type { Scope } from '../../toolchain';
import { pluginsDirectory } from '../engine';
import { fail, type Finding, ok } from './finding';
import { sum } from '../../util/sum';

/** Space that a part of the lab needs. */
export interface Need {
  what: string;
  directory: string;
  /** Environment variable that selects another directory. */
  variable: string;
  bytes: number;
  files: number;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Formats a size: `0.4 GiB`, `12 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 100 * MIB) return `${Math.ceil(bytes / MIB)} MiB`;
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

/** Returns a cache directory of Go: from the environment, or Go's default. */
const goDirectory = (variable: 'GOCACHE' | 'GOMODCACHE', place: string): string =>
  process.env[variable] || path.join(os.homedir(), place);

/** Sizes of installed parts on the host: measured values plus a half. */
const INSTALLED: Record<Scope, Pick<Need, 'what' | 'bytes' | 'files'>> = {
  local: { what: 'programs, images and the Debian tree', bytes: 2.5 * GIB, files: 30_000 },
  cloud: { what: 'Pulumi and kubectl', bytes: 0.6 * GIB, files: 100 },
};

/**
 * Lists the space for the first set-up. With `building`, some programs are built from Go modules.
 */
export const setUpNeeds = (building: boolean, scope: Scope = 'local'): Need[] => [
  { ...INSTALLED[scope], directory: cacheDirectory(), variable: 'HARDWAY_CACHE' },
  { what: 'unpacking', directory: os.tmpdir(), variable: 'TMPDIR', bytes: 0.5 * GIB, files: 3000 },
  ...itemsIf(
    building,
    {
      what: "Go's modules",
      directory: goDirectory('GOMODCACHE', 'go/pkg/mod'),
      variable: 'GOMODCACHE',
      bytes: 3 * GIB,
      files: 100_000,
    },
    {
      what: "Go's builds",
      directory: goDirectory('GOCACHE', '.cache/go-build'),
      variable: 'GOCACHE',
      bytes: 3 * GIB,
      files: 40_000,
    },
  ),
];

const stateNeed = (labs: number, bytes: number, files: number): Need => ({
  what: plural(labs, "the lab's state", `the state of ${labs} labs`),
  directory: stateDirectory(),
  variable: 'HARDWAY_STATE',
  bytes: labs * bytes,
  files: labs * files,
});

/** Lists the space for new labs with `machines` nodes in total, including a day of use. */
export const labNeeds = (machines: number, labs = 1): Need[] => [
  {
    what: `${machines} machines`,
    directory: cloudDirectory(),
    variable: 'HARDWAY_CLOUD',
    bytes: machines * 150 * MIB,
    files: machines * 3000,
  },
  stateNeed(labs, 50 * MIB, 500),
];

/**
 * Space for a cloud's provider plugin, which the engine downloads and unpacks. The plugin for AWS
 * is about 800 MB unpacked (pulumi/pulumi-aws#4383), beside its archive.
 */
const pluginNeed = (cloud: string): Need => ({
  what: `Pulumi's provider plugin for ${cloud.toUpperCase()}`,
  directory: pluginsDirectory(),
  variable: 'HARDWAY_STATE',
  bytes: 1.2 * GIB,
  files: 20,
});

/** Lists the space on the host for labs in clouds, including missing plugins. */
export const cloudLabNeeds = (labs: number, pluginsMissing: string[]): Need[] => [
  stateNeed(labs, 20 * MIB, 500),
  ...pluginsMissing.map(pluginNeed),
];

/** Lists the space that commands on existing labs need to end in order. */
export const workingNeeds = (labs = 1): Need[] => [
  {
    what: plural(labs, 'changing a lab', `changing ${labs} labs`),
    directory: cloudDirectory(),
    variable: 'HARDWAY_CLOUD',
    bytes: labs * 50 * MIB,
    files: labs * 500,
  },
  stateNeed(labs, 20 * MIB, 100),
];

const total = (needs: Need[], of: 'bytes' | 'files'): number => sum(needs.map((need) => need[of]));

/** Describes the missing space on one file system; `undefined` if there is enough. */
function shortage(needs: Need[], room: Room): { found: string; cure: string } | undefined {
  const [bytes, files] = [total(needs, 'bytes') - room.bytes, total(needs, 'files') - room.files];
  if (bytes <= 0 && files <= 0) return undefined;
  const places = [...new Set(needs.map((need) => need.directory))].join(', ');
  let amount = `${files} files (inodes)`;
  let found = `${room.files} files free at ${places}, and ${total(needs, 'files')} needed`;
  if (bytes > 0) {
    amount = formatBytes(bytes);
    found = `${formatBytes(room.bytes)} free at ${places}, and ${formatBytes(total(needs, 'bytes'))} needed`;
  }
  const variables = [...new Set(needs.map((need) => need.variable))].join(' or ');
  return {
    found: `${found}: ${needs.map((need) => need.what).join(', ')}`,
    cure: `free ${amount} there (./lab down NAME, ./lab clean --cache), or set ${variables} to a directory with room`,
  };
}

/** Compares needs with free space. Needs on the same file system add up. */
export function diskFinding(
  needs: Need[],
  room: (directory: string) => Room = roomAt,
): Omit<Finding, 'id' | 'title'> {
  const systems = new Map<number, { room: Room; needs: Need[] }>();
  for (const need of needs) {
    const found = room(need.directory);
    const known = systems.get(found.device) ?? { room: found, needs: [] };
    known.needs.push(need);
    systems.set(found.device, known);
  }
  const short = [...systems.values()].flatMap((one) => shortage(one.needs, one.room) ?? []);
  if (short.length > 0)
    return fail(short.map((one) => one.found).join('; '), short.map((one) => one.cure).join('; '));
  return ok(
    [...systems.values()]
      .map(
        (one) =>
          `${formatBytes(one.room.bytes)} free at ${one.needs[0].directory}, ${formatBytes(total(one.needs, 'bytes'))} needed`,
      )
      .join('; '),
  );
}
