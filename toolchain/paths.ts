import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDirectory } from '../util/directories';

/** Where on this machine what the nodes are made of is. */
export interface ToolchainPaths {
  /** The Debian tree. */
  tree: string;
  /** The programs that nodes run. */
  store: string;
  /** The images that the mirror serves. */
  images: string;
}

/** What sets each of them, before what is noted: a command and its engine agree, whatever another checkout notes meanwhile. */
export const TOOLCHAIN_VARIABLES = {
  tree: 'HARDWAY_TREE',
  store: 'HARDWAY_STORE',
  images: 'HARDWAY_IMAGES',
} as const;

/** Reads what `./lab start` noted in the cache; each path can be set by a variable. Throws where there is nothing yet. */
export function toolchainPaths(): ToolchainPaths {
  const file = path.join(cacheDirectory(), 'toolchain.json');
  const noted = fs.existsSync(file)
    ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<ToolchainPaths>)
    : {};
  const choose = (key: keyof ToolchainPaths): string => {
    const chosen = process.env[TOOLCHAIN_VARIABLES[key]] || noted[key];
    if (!chosen)
      throw new Error(
        `the programs for the lab's nodes are not on this machine yet: run ./lab start once (no ${file})`,
      );
    return chosen;
  };
  return { tree: choose('tree'), store: choose('store'), images: choose('images') };
}
