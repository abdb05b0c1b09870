import * as fs from 'node:fs';
import * as path from 'node:path';
import { defaultOf } from '../../components/config';
import { stateDirectory } from '../../util/directories';
import { prepareState } from '../engine/environment';

const file = (): string => path.join(stateDirectory(), 'pools.json');

/** The public pools that labs of this machine have had: each may have left its blackhole route. Makes nothing. */
export function knownPools(): string[] {
  const noted = fs.existsSync(file())
    ? (JSON.parse(fs.readFileSync(file(), 'utf8')) as string[])
    : [];
  return [...new Set([defaultOf('publicPool', 'local')!, ...noted])];
}

/** Notes a pool, before a lab makes its route. */
export function rememberPool(pool: string): void {
  if (knownPools().includes(pool)) return;
  prepareState();
  fs.writeFileSync(file(), JSON.stringify([...knownPools(), pool]));
}

export const forgetPools = (): void => fs.rmSync(file(), { force: true });
