import { createHash } from 'node:crypto';
import { look, rulesetNow, type NftObject, type NftRule } from './router-snapshot';
import { runIn } from '../shared/command';
import { routerOf } from '../shared/names';
import { type Chain, expression } from './ruleset';

/** A rule of a resource: its name is the rule's comment. */
export interface OwnRule {
  lab: string;
  chain: Chain;
  name: string;
}

/** The rules of that name. Of a chain that somebody gave a hook, none counts: the router's mending makes it anew, empty. */
function ofName(ruleset: NftObject[], { chain, name }: OwnRule): NftRule[] {
  const hooked = ruleset.some(
    (object) => object.chain?.family === 'inet' && object.chain.name === chain && object.chain.hook,
  );
  if (hooked) return [];
  return ruleset.flatMap(({ rule }) =>
    rule &&
    rule.family === 'inet' &&
    rule.table === 'vpc' &&
    rule.chain === chain &&
    rule.comment === name
      ? rule
      : [],
  );
}

const digest = (rules: NftRule[]): string =>
  createHash('sha256')
    .update(rules.map((rule) => expression(rule.expr)).join())
    .digest('hex')
    .slice(0, 16);

/** What the kernel holds of the rule, as a short digest; undefined where there is none. */
export async function readRule(rule: OwnRule): Promise<string | undefined> {
  const found = ofName((await look(rule.lab))?.ruleset ?? [], rule);
  return found.length > 0 ? digest(found) : undefined;
}

const deletions = async (rule: OwnRule): Promise<string[]> =>
  ofName(await rulesetNow(rule.lab), rule).map(
    ({ handle }) => `delete rule inet vpc ${rule.chain} handle ${handle}`,
  );

const apply = (lab: string, commands: string[]): Promise<string> =>
  runIn(routerOf(lab), 'nft', ['-f', '-'], `${commands.join('\n')}\n`);

/** Puts the rule there in place of any of that name; returns the digest that `readRule` gives as long as nobody changes it. */
export async function writeRule(rule: OwnRule, matches: string): Promise<string> {
  // In one transaction, so that there is no moment without it.
  await apply(rule.lab, [
    ...(await deletions(rule)),
    `add rule inet vpc ${rule.chain} ${matches} counter accept comment "${rule.name}"`,
  ]);
  const written = ofName(await rulesetNow(rule.lab), rule);
  if (written.length === 0)
    throw new Error(
      `firewall rule ${rule.name} is not in the router's chain ${rule.chain} after it was added`,
    );
  return digest(written);
}

/** Removes every rule of that name; none is fine. */
export async function deleteRule(rule: OwnRule): Promise<void> {
  const commands = await deletions(rule);
  if (commands.length > 0) await apply(rule.lab, commands);
}

/** What is wrong with a rule that was written with this digest, in words: '' when nothing is. */
export async function ruleTrouble(rule: OwnRule, written: string): Promise<string> {
  const found = await readRule(rule);
  if (found === written) return '';
  return `its rule in the router ${found === undefined ? 'is gone' : 'was changed'}`;
}

/** An nft set of addresses or CIDRs, as text. */
export const anyOf = (values: string[]): string => `{ ${values.join(', ')} }`;
