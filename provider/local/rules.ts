import { createHash } from 'node:crypto';
import { run, runIn, attemptIn } from './command';
import { namespaceExists, routerOf } from './places';

/** The router's chains that take rules: what machines get, and what the router itself gets. */
export type Chain = 'firewall' | 'router';

interface ListedRule {
  handle: number;
  comment?: string;
  expr: unknown;
}

async function listRules(lab: string, chain: Chain): Promise<ListedRule[]> {
  if (!namespaceExists(routerOf(lab))) return [];
  const listing = await attemptIn(routerOf(lab), 'nft', ['-j', 'list', 'chain', 'inet', 'vpc', chain]);
  if (listing.stderr.includes('No such file or directory')) return [];
  if (listing.code !== 0) throw new Error(`the rules of ${routerOf(lab)} can't be read: ${listing.stderr.trim()}`);
  const objects = (JSON.parse(listing.stdout) as { nftables: { rule?: ListedRule }[] }).nftables;
  return objects.flatMap((object) => (object.rule ? [object.rule] : []));
}

/** Counters move; everything else of a rule is what somebody wrote. */
const fingerprint = (rule: ListedRule): string =>
  createHash('sha256')
    .update(JSON.stringify(rule.expr, (key, value) => (key === 'packets' || key === 'bytes' ? 0 : value)))
    .digest('hex')
    .slice(0, 16);

/** What the kernel holds of the rule called `name`, as a short digest; undefined where there is none. */
export async function readRule(lab: string, chain: Chain, name: string): Promise<string | undefined> {
  const rule = (await listRules(lab, chain)).find(({ comment }) => comment === name);
  return rule && fingerprint(rule);
}

/** Puts the rule there in place of any of that name; returns the digest that `readRule` gives as long as nobody changes it. */
export async function writeRule(lab: string, chain: Chain, name: string, matches: string): Promise<string> {
  // In one transaction, so that there is no moment without it.
  const old = (await listRules(lab, chain)).filter(({ comment }) => comment === name);
  const changes = [
    ...old.map(({ handle }) => `delete rule inet vpc ${chain} handle ${handle}`),
    `add rule inet vpc ${chain} ${matches} counter accept comment "${name}"`,
  ];
  await runIn(routerOf(lab), 'nft', ['-f', '-'], `${changes.join('\n')}\n`);
  const written = await readRule(lab, chain, name);
  if (!written) throw new Error(`firewall rule ${name} is not in the router's chain ${chain} after it was added`);
  return written;
}

/** Removes every rule of that name; none is fine. */
export async function deleteRule(lab: string, chain: Chain, name: string): Promise<void> {
  for (const { handle } of (await listRules(lab, chain)).filter(({ comment }) => comment === name)) {
    await run('ip', ['netns', 'exec', routerOf(lab), 'nft', 'delete', 'rule', 'inet', 'vpc', chain, 'handle', String(handle)]);
  }
}

/** An nft set of addresses or CIDRs, as text. */
export const anyOf = (values: string[]): string => `{ ${values.join(', ')} }`;
