import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import { run, runIn } from '../shared/command';
import { parseRuleset, rulesetNow, type NftObject } from './router-snapshot';
import { routerOf } from '../shared/names';

/** Chains of `table inet vpc` in which each rule is a resource; everything else of the router's packet filter is fixed. */
export const CHAINS = ['firewall', 'router'] as const;
export type Chain = (typeof CHAINS)[number];

const isOurs = (family: string, table: string): boolean =>
  table === 'vpc' && (family === 'bridge' || family === 'inet');
const isResources = (chain: string): boolean => (CHAINS as readonly string[]).includes(chain);
const isResource = (rule: NonNullable<NftObject['rule']>): boolean =>
  rule.family === 'inet' && isResources(rule.chain) && rule.comment !== undefined;

/** A rule's expression as text; counters move, everything else of it is what somebody wrote. */
export const expression = (expr: unknown): string =>
  JSON.stringify(expr, (key, value: unknown) => (key === 'packets' || key === 'bytes' ? 0 : value));

/** The word with which nft names a set, a chain or else a map. */
function kindOf({ set, chain }: Pick<NftObject, 'set' | 'chain'>): string {
  if (chain) return 'chain';
  return set ? 'set' : 'map';
}

/**
 * The fixed part of a packet filter: by the name of each set, map and chain (`chain inet vpc firewall`) what it is.
 * Tables beside the VPC's own are in it with what can stop or change a packet; those of iptables are not.
 */
function fixedPart(objects: NftObject[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { set, map, chain, rule } of objects) {
    const named = set ?? map ?? chain;
    if (named) {
      const harmless =
        !isOurs(named.family, named.table) && (!chain || (chain.policy ?? 'accept') === 'accept');
      const definition = JSON.stringify(named, (key, value: unknown) =>
        key === 'elem' || key === 'handle' ? undefined : value,
      );
      if (named.family !== 'ip' && !harmless)
        found.set(
          `${kindOf({ set, chain })} ${named.family} ${named.table} ${named.name}`,
          definition,
        );
    } else if (rule && rule.family !== 'ip' && !isResource(rule)) {
      const name = `chain ${rule.family} ${rule.table} ${rule.chain}`;
      found.set(name, `${found.get(name) ?? ''} ${expression(rule.expr)}`);
    }
  }
  return found;
}

/** router.nft for a router with this address and MAC. */
export const rulesetOf = (gateway: string, mac: string): string =>
  fs
    .readFileSync(path.join(root, 'provider/local/router/router.nft'), 'utf8')
    .replace('${routerMac}', mac)
    .replace('${gateway}', gateway);

const pristine = new Map<string, Promise<Map<string, string>>>();

/** What the kernel makes of a ruleset, from a network namespace that is there for this question only. */
function expected(ruleset: string): Promise<Map<string, string>> {
  const known = pristine.get(ruleset);
  if (known) return known;
  const asked = run(
    'unshare',
    ['--net', 'sh', '-c', 'nft -f - && nft -j list ruleset'],
    ruleset,
  ).then((json) => fixedPart(parseRuleset(json)));
  pristine.set(ruleset, asked);
  return asked;
}

/** What of the packet filter is not as `ruleset` has it, by name; empty when all is. */
export async function rulesetTrouble(ruleset: string, objects: NftObject[]): Promise<string[]> {
  const [wanted, found] = [await expected(ruleset), fixedPart(objects)];
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((name) => {
    if (wanted.get(name) === found.get(name)) return [];
    if (!found.has(name)) return `${name} is gone`;
    return `${name} ${wanted.has(name) ? 'was changed' : 'was added'}`;
  });
}

/** Commands of nft that take away what is not the VPC's or has to be written anew; sets, maps and the resources' rules stay. */
function clearance(objects: NftObject[]): string[] {
  const commands = {
    tables: [] as string[],
    rules: [] as string[],
    flush: [] as string[],
    chains: [] as string[],
  };
  for (const { table, chain, rule } of objects) {
    if (table && table.family !== 'ip' && !isOurs(table.family, table.name))
      commands.tables.push(`delete table ${table.family} ${table.name}`);
    if (rule && isOurs(rule.family, rule.table) && isResources(rule.chain) && !isResource(rule)) {
      commands.rules.push(`delete rule ${rule.family} vpc ${rule.chain} handle ${rule.handle}`);
    }
    if (chain && isOurs(chain.family, chain.table) && (chain.hook || !isResources(chain.name))) {
      commands.flush.push(`flush chain ${chain.family} vpc ${chain.name}`);
      commands.chains.push(`delete chain ${chain.family} vpc ${chain.name}`);
    }
  }
  // One chain may jump to another: all are emptied before any is deleted.
  return Object.values(commands).flat();
}

/** Makes the fixed part of a router's packet filter what `ruleset` says, in one transaction: no packet meets half of it. */
export async function loadRuleset(lab: string, ruleset: string): Promise<void> {
  const commands = clearance(await rulesetNow(lab));
  await runIn(routerOf(lab), 'nft', ['-f', '-'], `${commands.join('\n')}\n${ruleset}`);
}

/** What the router passes on between two machines costs no TTL, as in a VPC. nft has no word for it. */
export const TTL_RULE = '-A PREROUTING -m mark --mark 0x1 -j TTL --ttl-inc 1';

/** Makes it the only rule of the router's table mangle. */
export const loadTtlRule = (router: string): Promise<string> =>
  runIn(router, 'iptables-restore', [], `*mangle\n${TTL_RULE}\nCOMMIT\n`);
