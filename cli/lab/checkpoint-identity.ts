import * as crypto from 'node:crypto';
import { CONFIG_KEYS } from '../../components/config';
import { describeConfig } from '../../components/outputs';
import type { UpSnapshot } from '../actions/up';
import { parseUrn } from '../engine';

// A checkpoint fits a lab only if the lab still has the config, keys and programs of the save:
// a restore replaces the disks, and the Pulumi state stays as it is.

/** Properties of a lab that a restore requires to be equal, by name. */
export type Identity = Record<string, string>;

/** Config keys that change neither a disk nor the router. */
const IRRELEVANT = ['expires', 'memoryLimit', 'processLimit'];

/**
 * Returns a digest of the sessions that the state knows: the files and scripts that each sent to its
 * node. The generations of instances are left out, because `reset` and `recreate` change them.
 */
function sessionsOf({ resources }: UpSnapshot): string {
  const generations = new Set<unknown>(resources.map(({ outputs }) => outputs.generation));
  const sessions = resources
    .filter(({ type }) => type === 'command:remote:Command')
    .map(({ urn, outputs }) => [
      parseUrn(urn).name,
      ...((outputs.triggers ?? []) as unknown[]).filter((one) => !generations.has(one)),
    ]);
  return crypto.createHash('sha256').update(JSON.stringify(sessions.sort())).digest('hex');
}

/** Returns the identity of a lab that is up. Holds no secret. */
export function identityOf(snapshot: UpSnapshot): Identity {
  const config = Object.entries(
    JSON.parse(describeConfig(snapshot.outputs.config)) as Record<string, unknown>,
  )
    .filter(([key]) => !IRRELEVANT.includes(key))
    .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]);
  const instances = snapshot.resources
    .filter(({ type }) => type === 'hardway:local:Instance')
    .flatMap(({ outputs }) => {
      const { name, privateIp, publicIp, hostPublicKey, tree, store } = outputs;
      return [
        [`address of ${String(name)}`, `${String(privateIp)} ${String(publicIp)}`],
        [`host key of ${String(name)}`, String(hostPublicKey).trim()],
        ['Debian tree', String(tree)],
        ['node programs', String(store)],
      ];
    });
  return Object.fromEntries([...config, ...instances, ['sessions', sessionsOf(snapshot)]]);
}

/** Difference between a checkpoint and the lab: the values of one property. */
interface Mismatch {
  name: string;
  saved: string | undefined;
  now: string | undefined;
}

const mismatches = (saved: Identity, now: Identity): Mismatch[] =>
  [...new Set([...Object.keys(saved), ...Object.keys(now)])]
    .map((name) => ({ name, saved: saved[name], now: now[name] }))
    .filter((one) => one.saved !== one.now);

/** Why a checkpoint does not fit a lab. */
export interface Misfit {
  /** The differences, as text: `workers was 2 and is 3 now`. */
  text: string;
  /** Arguments of `./lab up` that make the config equal; `undefined` if the config is equal. */
  settings?: string[];
}

const formatList = (value: string): string => value.replace(/^\[|\]$|"/g, '');

/** Compares a checkpoint's identity with the lab's; `undefined` if they are equal. */
export function misfitOf(saved: Identity, now: Identity): Misfit | undefined {
  const different = mismatches(saved, now);
  if (different.length === 0) return undefined;
  const config = different.filter(({ name }) => (CONFIG_KEYS as string[]).includes(name));
  if (config.length > 0)
    return {
      text: config
        .map((one) => {
          const [then, today] = [one.saved ?? '', one.now ?? ''].map(formatList);
          return `${one.name} was ${then || 'unset'} and is ${today || 'unset'} now`;
        })
        .join(', '),
      settings: config.map((one) => `--set ${one.name}=${formatList(one.saved ?? '')}`),
    };
  return { text: `changed since the save: ${different.map(({ name }) => name).join(', ')}` };
}
