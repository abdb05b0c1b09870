import * as fs from 'node:fs';
import * as path from 'node:path';
import { defaultOf } from '../../components/config';
import { stateDirectory } from '../../util/directories';
import { prepareState } from '../engine/environment';

const file = (): string => path.join(stateDirectory(), 'pools.json');

/**
 * Lists the public pools that labs of the host have used: each may have a blackhole route. Writes
 * nothing.
 */
export function knownPools(): string[] {
  const noted = fs.existsSync(file())
    ? (JSON.parse(fs.readFileSync(file(), 'utf8')) as string[])
    : [];
  return [...new Set([defaultOf('publicPool', 'local')!, ...noted])];
}

/** Records a pool, before a lab adds its route. */
export function rememberPool(pool: string): void {
  if (knownPools().includes(pool)) return;
  prepareState();
  fs.writeFileSync(file(), JSON.stringify([...knownPools(), pool]));
}

export const forgetPools = (): void => fs.rmSync(file(), { force: true });
