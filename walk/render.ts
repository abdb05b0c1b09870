import { itemsIf, textIf } from '../util/optional';
import { spellPacket } from './changes';
import type { Ending, ReportedHop, ReportedVisit, WalkReport } from './report';

/** Columns of the label before each line. */
const LABEL = 18;

const line = (label: string, text: string): string => `  ${label.padEnd(LABEL)} ${text}`.trimEnd();

function hopLine(hop: ReportedHop, isFirst: boolean): string {
  const label = `${hop.way.padEnd(3)} ${hop.interface}`;
  if (isFirst) return line(label, spellPacket(hop.packet));
  return line(label, hop.changes.join(', '));
}

type Rule = ReportedVisit['rules'][number];

/** Formats a rule of iptables as iptables-save does, and any other rule with its chain. */
function spellRule({ chain, text }: Rule): string {
  if (text.startsWith('-A ')) return `-t ${chain.split(' ')[0]} ${text}`;
  return `${chain}: ${text}`;
}

function ruleLine(rule: Rule): string {
  if (rule.dropped) return line('DROPPED by', spellRule(rule));
  return line('rule', spellRule(rule));
}

function routeLine({ missing, kind, text }: ReportedVisit['route']): string {
  if (missing) return line('NO WAY ON', text);
  return line(kind, text);
}

/** Index of the first interface by which the packet leaves; decisions are shown before it. */
function departure({ hops }: ReportedVisit): number {
  const at = hops.findIndex(({ way }) => way === 'out');
  if (at < 0) return hops.length;
  return at;
}

function visitLines(visit: ReportedVisit, isFirst: boolean): string[] {
  const at = departure(visit);
  const lines = visit.hops.map((hop, index) => hopLine(hop, isFirst && index === 0));
  const { route, rules, conntrack } = visit;
  return [
    visit.place,
    ...lines.slice(0, at),
    ...itemsIf(route.text, routeLine(route)),
    ...rules.map(ruleLine),
    ...itemsIf(conntrack, line('conntrack', conntrack)),
    ...lines.slice(at),
  ];
}

/** Most places of one way that are printed. A packet in a circle visits more. */
const VISITS = 12;

function wayLines(title: string, visits: ReportedVisit[]): string[] {
  if (visits.length === 0) return [];
  const shown = visits.slice(0, VISITS).flatMap((visit, at) => visitLines(visit, at === 0));
  const left = visits.length - VISITS;
  return ['', title, ...shown, ...itemsIf(left > 0, `… ${left} more places, all in --json`)];
}

/** Formats how a walk ended, as one line; with the check on the next. */
export function renderEnding(ending: Ending, labArgument: string): string {
  const where = `${ending.place}${textIf(ending.interface, ` (${ending.interface})`)}`;
  const { outcome, dropped, reason, check } = ending;
  const first = {
    delivered: `Delivered to ${where}, and answered.`,
    unanswered: `Delivered to ${where}, and not answered: ${reason}.`,
    dropped: `The ${dropped} was dropped at ${where}, by this: ${reason}`,
  }[outcome];
  return `${first}\nCheck of this place: ./lab verify${labArgument} --only ${check}`;
}

/** Formats a walk as text. `labArgument` is the lab's NAME with a leading space, or empty. */
export function renderWalk(report: WalkReport, labArgument: string): string {
  return [
    `${report.from} → ${report.to} (${report.protocol})`,
    ...wayLines('There', report.forward),
    ...wayLines('And back', report.reply),
    '',
    renderEnding(report.ending, labArgument),
  ].join('\n');
}
