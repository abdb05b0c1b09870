import * as fs from 'node:fs';
import * as path from 'node:path';
import { defaultOf } from '../../components/config';
import { bypassProxies } from '../../util/proxies';
import { stateDirectory } from '../../util/directories';
import { prepareState } from '../engine';

const file = (): string => path.join(stateDirectory(), 'pools.json');

function recordedPools(): string[] {
  try {
    return JSON.parse(fs.readFileSync(file(), 'utf8')) as string[];
  } catch {
    // No file yet, or a file that a full disk cut off.
    return [];
  }
}

/**
 * Lists the public pools that labs of the host have used: each may have a blackhole route. Writes
 * nothing.
 */
export function knownPools(): string[] {
  const noted = recordedPools();
  return [...new Set([defaultOf('publicPool', 'local')!, ...noted])];
}

/** Records a pool, before a lab adds its route. */
export function rememberPool(pool: string): void {
  bypassProxies([pool]);
  if (knownPools().includes(pool)) return;
  prepareState();
  fs.writeFileSync(file(), JSON.stringify([...knownPools(), pool]));
}

export const forgetPools = (): void => fs.rmSync(file(), { force: true });
