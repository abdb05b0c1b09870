import * as fs from 'node:fs';
import * as path from 'node:path';
import { defaultOf } from '../../components/config';
import { bypassProxies } from '../../util/proxies';
import { stateDirectory } from '../../util/directories';
import { prepareState } from '../engine/environment';

const file = (): string => path.join(stateDirectory(), 'pools.json');

function notedPools(): string[] {
  try {
    return JSON.parse(fs.readFileSync(file(), 'utf8')) as string[];
  } catch {
    // None yet, or cut off by a full disk.
    return [];
  }
}

/** Public pools that labs of this host have had. Each may have left its blackhole route. Makes nothing. */
export function knownPools(): string[] {
  const noted = notedPools();
  return [...new Set([defaultOf('publicPool', 'local')!, ...noted])];
}

/** Notes a pool, before a lab makes its route. */
export function rememberPool(pool: string): void {
  bypassProxies([pool]);
  if (knownPools().includes(pool)) return;
  prepareState();
  fs.writeFileSync(file(), JSON.stringify([...knownPools(), pool]));
}

export const forgetPools = (): void => fs.rmSync(file(), { force: true });
