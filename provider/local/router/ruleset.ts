import { itemsIf } from '../../../util/optional';
import { renderFile } from '../../../util/render';
import { attemptIn, LOAD_NFT, loadNft, run, runIn } from '../shared/command';
import { parseRuleset, readRuleset, type NftObject } from './router-snapshot';
import { routerOf } from '../shared/names';

/**
 * Chains of `table inet vpc` with rules that belong to resources. The rest of the router's packet
 * filter is fixed.
 */
export const CHAINS = ['firewall', 'router'] as const;
export type Chain = (typeof CHAINS)[number];

/**
 * Returns whether a table belongs to iptables or ip6tables. The router has only one of ip6tables:
 * the table mangle of a dual-stack lab.
 */
export const isIptables = (family: string, table: string): boolean =>
  family === 'ip' || (family === 'ip6' && table === 'mangle');

const isOurs = (family: string, table: string): boolean =>
  table === 'vpc' && (family === 'bridge' || family === 'inet');
const isResources = (chain: string): boolean => (CHAINS as readonly string[]).includes(chain);
const isResource = (rule: NonNullable<NftObject['rule']>): boolean =>
  rule.family === 'inet' && isResources(rule.chain) && rule.comment !== undefined;

/** Returns a rule's expression as text, with counters set to 0. */
export const expression = (expr: unknown): string =>
  JSON.stringify(expr, (key, value: unknown) => {
    if (key === 'packets' || key === 'bytes') return 0;
    return value;
  });

/** Returns nft's keyword for an object: set, chain or map. */
function kindOf({ set, chain }: Pick<NftObject, 'set' | 'chain'>): string {
  if (chain) return 'chain';
  if (set) return 'set';
  return 'map';
}

/**
 * Returns the fixed part of a packet filter: maps the name of each set, map and chain (`chain inet
 * vpc firewall`) to its definition.
 * Foreign tables are included if they can drop or change a packet; tables of iptables are not.
 */
function fixedPart(objects: NftObject[]): Map<string, string> {
  const definitions = new Map<string, string>();
  for (const { set, map, chain, rule } of objects) {
    const named = set ?? map ?? chain;
    if (named) {
      const harmless =
        !isOurs(named.family, named.table) && (!chain || (chain.policy ?? 'accept') === 'accept');
      const definition = JSON.stringify(named, (key, value: unknown) => {
        if (key === 'elem' || key === 'handle') return undefined;
        return value;
      });
      if (!isIptables(named.family, named.table) && !harmless)
        definitions.set(
          `${kindOf({ set, chain })} ${named.family} ${named.table} ${named.name}`,
          definition,
        );
    } else if (rule && !isIptables(rule.family, rule.table) && !isResource(rule)) {
      const name = `chain ${rule.family} ${rule.table} ${rule.chain}`;
      definitions.set(name, `${definitions.get(name) ?? ''} ${expression(rule.expr)}`);
    }
  }
  return definitions;
}

/**
 * Returns router.nft for a router with this address and MAC. With an IPv6 address, the additions of
 * a dual-stack lab follow.
 */
export function rulesetOf(gateway: string, mac: string, gateway6?: string): string {
  const ipv4 = renderFile('provider/local/router/router.nft', {
    ROUTER_MAC: mac,
    GATEWAY: gateway,
    ETHERTYPES: ['ip', 'arp', ...itemsIf(gateway6, 'ip6')].join(', '),
  });
  if (gateway6 === undefined) return ipv4;
  return ipv4 + renderFile('provider/local/router/router-ipv6.nft', { GATEWAY6: gateway6 });
}

const pristine = new Map<string, Promise<Map<string, string>>>();

/** Returns the kernel's view of a ruleset, loaded into a temporary network namespace. */
function expected(ruleset: string): Promise<Map<string, string>> {
  const known = pristine.get(ruleset);
  if (known) return known;
  const loaded = run('unshare', ['--net', 'sh', '-c', `${LOAD_NFT} && nft -j list ruleset`], {
    input: ruleset,
  }).then((json) => fixedPart(parseRuleset(json)));
  pristine.set(ruleset, loaded);
  return loaded;
}

/** Lists the parts of the packet filter that differ from `ruleset`, by name. */
export async function rulesetDrift(ruleset: string, objects: NftObject[]): Promise<string[]> {
  const declared = await expected(ruleset);
  const actual = fixedPart(objects);
  return [...new Set([...declared.keys(), ...actual.keys()])].flatMap((name) => {
    if (declared.get(name) === actual.get(name)) return [];
    if (!actual.has(name)) return `${name} is missing`;
    if (!declared.has(name)) return `${name} was added`;
    return `${name} was changed`;
  });
}

/**
 * Returns nft commands that delete foreign tables and the chains to be recreated. Sets, maps and
 * rules of resources stay.
 */
function clearance(objects: NftObject[]): string[] {
  const commands = {
    tables: [] as string[],
    rules: [] as string[],
    flush: [] as string[],
    chains: [] as string[],
  };
  for (const { table, chain, rule } of objects) {
    if (table && !isIptables(table.family, table.name) && !isOurs(table.family, table.name))
      commands.tables.push(`delete table ${table.family} ${table.name}`);
    if (rule && isOurs(rule.family, rule.table) && isResources(rule.chain) && !isResource(rule)) {
      commands.rules.push(`delete rule ${rule.family} vpc ${rule.chain} handle ${rule.handle}`);
    }
    if (chain && isOurs(chain.family, chain.table) && (chain.hook || !isResources(chain.name))) {
      commands.flush.push(`flush chain ${chain.family} vpc ${chain.name}`);
      commands.chains.push(`delete chain ${chain.family} vpc ${chain.name}`);
    }
  }
  // A chain may jump to another one: all are flushed before any is deleted.
  return Object.values(commands).flat();
}

/**
 * Replaces the fixed part of a router's packet filter with `ruleset`, in one transaction, so that
 * no packet meets an incomplete filter.
 */
export async function loadRuleset(lab: string, ruleset: string): Promise<void> {
  const commands = clearance(await readRuleset(lab));
  await loadNft(routerOf(lab), `${commands.join('\n')}\n${ruleset}`);
}

/**
 * iptables rule that restores the TTL of packets between nodes: a VPC is not a visible hop. nft
 * cannot change the TTL.
 */
export const TTL_RULE = '-A PREROUTING -m mark --mark 0x1 -j TTL --ttl-inc 1';

/** Like TTL_RULE, for the hop limit of IPv6. */
export const HOP_LIMIT_RULE = '-A PREROUTING -m mark --mark 0x1 -j HL --hl-inc 1';

/** Sets HOP_LIMIT_RULE as the only rule of the router's table mangle for IPv6. */
export const loadHopLimitRule = (router: string): Promise<string> =>
  runIn(router, 'ip6tables-restore', [], { input: `*mangle\n${HOP_LIMIT_RULE}\nCOMMIT\n` });

/** Returns true if HOP_LIMIT_RULE is the only rule of the router's table mangle for IPv6. */
export async function hasHopLimitRule(router: string): Promise<boolean> {
  const { stdout } = await attemptIn(router, 'ip6tables-save', ['-t', 'mangle']);
  return (
    stdout
      .split('\n')
      .filter((line) => line.startsWith('-A'))
      .join() === HOP_LIMIT_RULE
  );
}

/** Sets TTL_RULE as the only rule of the router's table mangle. */
export const loadTtlRule = (router: string): Promise<string> =>
  runIn(router, 'iptables-restore', [], { input: `*mangle\n${TTL_RULE}\nCOMMIT\n` });
