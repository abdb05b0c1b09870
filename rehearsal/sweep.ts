import * as fs from 'node:fs';
import * as path from 'node:path';
import { removeGroups } from '../provider/local/shared/cgroups';
import { scratch } from './environment';

/**
 * Removes what a rehearsal leaves outside of its namespaces: its directory, and empty control groups. Its processes,
 * mounts and network namespaces end with its first process. Only one rehearsal runs at a time.
 */
export async function sweep(): Promise<void> {
  const labs = scratch('cloud', 'labs');
  if (fs.existsSync(labs)) for (const vpc of fs.readdirSync(labs)) await removeGroups(vpc);
  fs.rmSync(path.dirname(scratch('x')), { recursive: true, force: true });
}
