import { itemsIf } from '../../util/optional';

/** Report of a shell, which it makes with its marks. */
export type Report =
  | { kind: 'output'; text: string }
  /** A command line was read, and begins to run. */
  | { kind: 'begin' }
  /** A command has ended, and the prompt comes back. */
  | { kind: 'end'; code: number; typed: string };

const START = '\x1b]633;hardway-tour;';
const END = '\x07';

/** Longest mark. A longer one is shown as text. */
const LONGEST = 100_000;

/**
 * Returns the bash command that adds marks to a shell's prompts. A mark is an escape sequence that
 * no terminal shows. `secret` keeps other output from looking like a mark.
 */
export function markPrompts(secret: string, prompt?: string): string {
  const mark = `\\033]633;hardway-tour;${secret};`;
  const steps = [
    'tour_code=$?',
    // Without this, bash leaves repeated commands out of its history.
    'HISTCONTROL=',
    `printf "${mark}D;%s;%s\\007" "$tour_code" "$(HISTTIMEFORMAT= history 1 | base64 -w0)"`,
    ...itemsIf(prompt, `PS1="${prompt}"`),
  ];
  return `export HISTFILE= PS0=$'${mark}C\\007' PROMPT_COMMAND='${steps.join('; ')}'`;
}

/** Separates marks from a terminal's output, which comes in pieces. */
export class MarkReader {
  private held = '';

  constructor(private readonly secret: string) {}

  /** Returns what a piece of output holds. Keeps a mark that is not complete. */
  take(piece: string): Report[] {
    const reports: Report[] = [];
    let rest = this.held + piece;
    this.held = '';
    for (let at = rest.indexOf(START); at >= 0; at = rest.indexOf(START)) {
      const end = rest.indexOf(END, at);
      if (end < 0 && rest.length - at < LONGEST) break;
      addText(reports, rest.slice(0, at));
      const afterStart = at + START.length;
      let mark: Report | undefined;
      if (end >= 0) mark = this.parse(rest.slice(afterStart, end));
      if (mark) {
        reports.push(mark);
        rest = rest.slice(end + 1);
      } else {
        addText(reports, rest.slice(at, afterStart));
        rest = rest.slice(afterStart);
      }
    }
    const cut = heldFrom(rest);
    this.held = rest.slice(cut);
    addText(reports, rest.slice(0, cut));
    return reports;
  }

  private parse(mark: string): Report | undefined {
    const [secret, kind, code, typed] = mark.split(';');
    if (secret !== this.secret) return undefined;
    if (kind === 'C') return { kind: 'begin' };
    const line = Buffer.from(typed ?? '', 'base64').toString('utf8');
    return { kind: 'end', code: Number(code), typed: line.replace(/^\s*\d+\*?\s*/, '').trim() };
  }
}

function addText(reports: Report[], text: string): void {
  if (text !== '') reports.push({ kind: 'output', text });
}

/** Returns where a mark begins that may be incomplete; the length of the text if there is none. */
function heldFrom(text: string): number {
  const whole = text.indexOf(START);
  if (whole >= 0) return whole;
  const escape = text.lastIndexOf('\x1b');
  if (escape >= 0 && START.startsWith(text.slice(escape))) return escape;
  return text.length;
}

/** Returns a terminal's output as text: without colours, titles and carriage returns. */
export const asText = (output: string): string =>
  output
    .replace(
      /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>]/g,
      '',
    )
    .replace(/\r/g, '');
