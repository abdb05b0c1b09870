import * as path from 'node:path';
import { cacheDirectory } from '../util/directories';
import { readIfExists } from '../util/existing-files';

/** Paths on the host of the files that nodes consist of. */
export interface ToolchainPaths {
  /** Debian root file system of the nodes. */
  tree: string;
  /** Directory of the programs that nodes run. */
  store: string;
  /** Directory of the images that the mirror serves. */
  images: string;
}

/**
 * Environment variables that set the paths. They take precedence over the saved paths, so that a
 * command and its engine use the same ones.
 */
export const TOOLCHAIN_VARIABLES = {
  tree: 'HARDWAY_TREE',
  store: 'HARDWAY_STORE',
  images: 'HARDWAY_IMAGES',
} as const;

/**
 * Reads the paths that `./lab setup` saved in the cache; a variable overrides each. Throws if no
 * path is known.
 */
export function toolchainPaths(): ToolchainPaths {
  const file = path.join(cacheDirectory(), 'toolchain.json');
  const saved = JSON.parse(readIfExists(file) ?? '{}') as Partial<ToolchainPaths>;
  const choose = (key: keyof ToolchainPaths): string => {
    const chosen = process.env[TOOLCHAIN_VARIABLES[key]] || saved[key];
    if (!chosen)
      throw new Error(
        `the toolchain is not on this host yet: run ./lab setup once in a clone of hardway-lab (${file} does not exist)`,
      );
    return chosen;
  };
  return { tree: choose('tree'), store: choose('store'), images: choose('images') };
}
