import { textIf } from '../util/optional';
import type { Trace, TraceEvent } from './trace';

/** Maps a rule of iptables, by table, chain and handle, to its line in iptables-save. */
export type RuleTexts = Map<string, string>;

const keyOf = (table: string, chain: string, handle: number): string =>
  `${table} ${chain} ${handle}`;

/** Returns the handles of each chain in the output of `nft -a list ruleset`, in order. */
function handlesOf(listing: string): Map<string, number[]> {
  const handles = new Map<string, number[]>();
  let table = '';
  let chain = '';
  for (const line of listing.split('\n')) {
    const [, family, name] = /^table (\S+) (\S+) \{/.exec(line) ?? [];
    if (name !== undefined) table = textIf(family === 'ip', name);
    const [, opened] = /^\tchain (\S+) \{/.exec(line) ?? [];
    if (opened !== undefined) chain = opened;
    const [, handle] = /^\t\t(?!type ).* # handle (\d+)$/.exec(line) ?? [];
    if (table === '' || handle === undefined) continue;
    const key = `${table} ${chain}`;
    handles.set(key, [...(handles.get(key) ?? []), Number(handle)]);
  }
  return handles;
}

/** Returns the rules of each chain in the output of iptables-save, in order. */
function savedRules(text: string): Map<string, string[]> {
  const rules = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    if (!line.startsWith('-A ')) continue;
    const key = `${table} ${line.split(' ')[1]}`;
    rules.set(key, [...(rules.get(key) ?? []), line.trim()]);
  }
  return rules;
}

/**
 * Pairs the rules that nft lists with those that iptables-save lists, which are the same rules in
 * the same order. Leaves out a chain that changed between the two listings.
 */
export function ruleTexts(nftListing: string, iptablesSave: string): RuleTexts {
  const saved = savedRules(iptablesSave);
  const texts: RuleTexts = new Map();
  for (const [key, handles] of handlesOf(nftListing)) {
    const lines = saved.get(key) ?? [];
    if (lines.length !== handles.length) continue;
    const [table, chain] = key.split(' ');
    handles.forEach((handle, at) => texts.set(keyOf(table, chain, handle), lines[at]));
  }
  return texts;
}

/** Rule that decided about a packet. */
export interface RuleLine {
  /** `nat PREROUTING` for iptables; family, table and chain for nft. */
  chain: string;
  text: string;
  /** Whether the packet ended here. */
  dropped: boolean;
}

const isJump = ({ verdict }: TraceEvent): boolean => /^(jump|goto) /.test(verdict);
const isDrop = ({ verdict }: TraceEvent): boolean => /^(drop|reject)/.test(verdict);

/** Actions that change or end a packet's way, as nft prints them. */
const ACTION = /\b(dnat|snat|masquerade|redirect|drop|reject|accept|notrack|mark set|TTL|REJECT)\b/;

/** Whether a rule decided something itself: changed the packet, or let it pass or drop. */
const decides = (event: TraceEvent): boolean =>
  isDrop(event) ||
  (!isJump(event) &&
    event.verdict !== 'return' &&
    event.handle !== undefined &&
    ACTION.test(event.text));

function asLine(event: TraceEvent, texts: RuleTexts): RuleLine {
  const { family, table, chain, handle } = event;
  const dropped = isDrop(event);
  if (family === 'ip' && handle !== undefined) {
    const saved = texts.get(keyOf(table, chain, handle));
    if (saved !== undefined) return { chain: `${table} ${chain}`, text: saved, dropped };
  }
  return { chain: `${family} ${table} ${chain}`, text: event.text, dropped };
}

/**
 * Returns the rules that decided about a packet, each with the jumps that led to it. Rules that
 * only looked at the packet and let it go on are left out.
 */
export function decidingRules({ events }: Trace, texts: RuleTexts): RuleLine[] {
  const shown = new Set<TraceEvent>();
  events.forEach((event, at) => {
    if (!decides(event)) return;
    shown.add(event);
    let target = event.chain;
    for (let before = at - 1; before >= 0; before--) {
      const jump = events[before];
      const leads = isJump(jump) && jump.verdict.replace(/^(jump|goto) /, '') === target;
      if (!leads || jump.table !== event.table) continue;
      shown.add(jump);
      target = jump.chain;
    }
  });
  return events.filter((event) => shown.has(event)).map((event) => asLine(event, texts));
}
