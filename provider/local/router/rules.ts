import { createHash } from 'node:crypto';
import { listOf } from '../../../util/optional';
import { routerSnapshot, readRuleset, type NftObject, type NftRule } from './router-snapshot';
import { loadNft } from '../shared/command';
import { routerOf } from '../shared/names';
import { type Chain, expression } from './ruleset';

/** A rule that belongs to a resource. The rule's comment in nft is its name. */
export interface ResourceRule {
  lab: string;
  chain: Chain;
  name: string;
}

/**
 * Returns the rules of that name. Ignores rules in chains that have a hook: a repair of the router
 * recreates those chains empty.
 */
function ofName(ruleset: NftObject[], { chain, name }: ResourceRule): NftRule[] {
  const hooked = ruleset.some(
    (object) => object.chain?.family === 'inet' && object.chain.name === chain && object.chain.hook,
  );
  if (hooked) return [];
  return ruleset
    .flatMap(({ rule }) => listOf(rule))
    .filter(
      (rule) =>
        rule.family === 'inet' &&
        rule.table === 'vpc' &&
        rule.chain === chain &&
        rule.comment === name,
    );
}

const digest = (rules: NftRule[]): string =>
  createHash('sha256')
    .update(rules.map((rule) => expression(rule.expr)).join())
    .digest('hex')
    .slice(0, 16);

/** Returns a short digest of the rule in the kernel; `undefined` if it does not exist. */
export async function readRule(rule: ResourceRule): Promise<string | undefined> {
  const rules = ofName((await routerSnapshot(rule.lab))?.ruleset ?? [], rule);
  if (rules.length > 0) return digest(rules);
  return undefined;
}

const deletions = async (rule: ResourceRule): Promise<string[]> =>
  ofName(await readRuleset(rule.lab), rule).map(
    ({ handle }) => `delete rule inet vpc ${rule.chain} handle ${handle}`,
  );

const apply = (lab: string, commands: string[]): Promise<string> =>
  loadNft(routerOf(lab), `${commands.join('\n')}\n`);

/**
 * Writes the rule in place of any rule of that name. Returns its digest, which `readRule` also
 * returns until the rule changes.
 */
export async function writeRule(rule: ResourceRule, matches: string): Promise<string> {
  // One transaction, so that the rule is never absent.
  await apply(rule.lab, [
    ...(await deletions(rule)),
    `add rule inet vpc ${rule.chain} ${matches} counter accept comment "${rule.name}"`,
  ]);
  const written = ofName(await readRuleset(rule.lab), rule);
  if (written.length === 0)
    throw new Error(
      `firewall rule ${rule.name} is missing in the router's chain ${rule.chain} after it was added`,
    );
  return digest(written);
}

/** Removes every rule of that name, if any. */
export async function deleteRule(rule: ResourceRule): Promise<void> {
  const commands = await deletions(rule);
  if (commands.length > 0) await apply(rule.lab, commands);
}

/** Describes the drift of a rule written with this digest; '' if there is none. */
export async function ruleDrift(rule: ResourceRule, written: string): Promise<string> {
  const current = await readRule(rule);
  if (current === written) return '';
  if (current === undefined) return 'its rule in the router is missing';
  return 'its rule in the router was changed';
}

/** Formats addresses or CIDRs as an anonymous nft set. */
export const anyOf = (values: string[]): string => `{ ${values.join(', ')} }`;
