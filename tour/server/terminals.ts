import { randomBytes } from 'node:crypto';
import type * as Pty from '@lydell/node-pty';
import { itemsIf } from '../../util/optional';
import type { RanCommand } from '../proof';
import { asText, MarkReader, markPrompts } from './marks';

/** Size of a terminal in characters. */
export interface Size {
  columns: number;
  rows: number;
}

/** Program that opens a terminal at a place. `setUp` is a bash command for its shell. */
export type OpenShell = (place: string, setUp: string) => string[];

/** Events of the terminals. */
export interface TerminalEvents {
  output(place: string, text: string): void;
  ran(command: RanCommand): void;
  closed(place: string): void;
}

/** Characters that a page gets again when it is loaded again. */
const SCROLLBACK = 60_000;

/** Most characters of one command's output that are compared. */
const LONGEST_OUTPUT = 200_000;

/** Terminal at one place: an SSH session on a pseudoterminal of this host. */
class Terminal {
  scrollback = '';
  private readonly pty: Pty.IPty;
  private output: string | undefined;

  constructor(
    private readonly place: string,
    { shell, size, events }: { shell: OpenShell; size: Size; events: TerminalEvents },
  ) {
    const secret = randomBytes(8).toString('hex');
    const [prompt] = itemsIf(place === 'laptop', 'laptop$ ');
    const [program, ...args] = shell(place, markPrompts(secret, prompt));
    const reader = new MarkReader(secret);
    // Loaded by the first terminal: it is a native module.
    const { spawn } = require('@lydell/node-pty') as typeof Pty;
    this.pty = spawn(program, args, {
      name: 'xterm-256color',
      cols: size.columns,
      rows: size.rows,
    });
    this.pty.onData((piece) => {
      for (const report of reader.take(piece)) {
        if (report.kind === 'output') this.show(report.text, events);
        else if (report.kind === 'begin') this.output = '';
        else if (this.output !== undefined) {
          const output = asText(this.output);
          this.output = undefined;
          events.ran({ place: this.place, typed: report.typed, output });
        }
      }
    });
    this.pty.onExit(() => events.closed(place));
  }

  private show(text: string, events: TerminalEvents): void {
    this.scrollback = `${this.scrollback}${text}`.slice(-SCROLLBACK);
    if (this.output !== undefined && this.output.length < LONGEST_OUTPUT) this.output += text;
    events.output(this.place, text);
  }

  write(text: string): void {
    this.pty.write(text);
  }

  resize({ columns, rows }: Size): void {
    this.pty.resize(columns, rows);
  }

  end(): void {
    this.pty.kill('SIGHUP');
  }
}

/** Terminals of a tour, at most one for each place. */
export class Terminals {
  private readonly open = new Map<string, Terminal>();

  constructor(
    private readonly shell: OpenShell,
    private readonly events: TerminalEvents,
  ) {}

  /** Opens a terminal unless it is open; returns what it has shown so far. */
  at(place: string, size: Size): string {
    const known = this.open.get(place);
    if (known) {
      known.resize(size);
      return known.scrollback;
    }
    const events: TerminalEvents = {
      ...this.events,
      closed: (name) => {
        this.open.delete(name);
        this.events.closed(name);
      },
    };
    this.open.set(place, new Terminal(place, { shell: this.shell, size, events }));
    return '';
  }

  write(place: string, text: string): void {
    this.open.get(place)?.write(text);
  }

  resize(place: string, size: Size): void {
    this.open.get(place)?.resize(size);
  }

  endAll(): void {
    for (const terminal of this.open.values()) terminal.end();
  }
}
