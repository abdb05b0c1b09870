import { textIf } from '../../util/optional';

/** Stream for progress output. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/**
 * Returns columns and rows of a screen. A terminal without a known size reports 0, for example a
 * serial console: 80 and 24 are assumed.
 */
export const sizeOf = ({ columns, rows }: Screen): { columns: number; rows: number } => ({
  columns: columns || 80,
  rows: rows || 24,
});

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MILLISECONDS = 120;

/** Returns whether lines on this screen can be redrawn. */
const isLive = (screen: Screen): boolean => Boolean(screen.isTTY) && process.env.TERM !== 'dumb';

export type Colours = Record<'good' | 'bad' | 'faint', (text: string) => string>;

/**
 * Returns colour functions. They change nothing if the screen has no colours or NO_COLOR is set.
 */
export function paint(screen: Screen): Colours {
  const colours = isLive(screen) && !process.env.NO_COLOR;
  const code = (number: number) => (text: string) =>
    colours ? `\x1b[${number}m${text}\x1b[0m` : text;
  return { good: code(32), bad: code(31), faint: code(2) };
}

/**
 * Lines at the bottom of a terminal that are redrawn, below lines that stay. In a pipe nothing is
 * redrawn: `alive` is called once a second instead.
 */
export class LiveLines {
  readonly live: boolean;
  private timer: NodeJS.Timeout | undefined;
  private drawn = 0;
  private frame = 0;

  /**
   * `lines` returns the lines to draw, none wider than the screen. Its argument is the current
   * frame of the spinner.
   */
  constructor(
    private readonly screen: Screen,
    private readonly lines: (frame: string) => string[],
    private readonly alive: () => void,
  ) {
    this.live = isLive(screen);
  }

  start(): void {
    this.timer ??= setInterval(() => this.tick(), this.live ? REDRAW_MILLISECONDS : 1000).unref();
  }

  rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Prints a line that stays. */
  print(line: string): void {
    // One write, so that the lines below do not flicker.
    this.screen.write(`${this.erased()}${line}\n`);
    if (this.live) this.draw();
  }

  redraw(): void {
    if (!this.live) return;
    this.screen.write(this.erased());
    this.draw();
  }

  /** Erases the lines. */
  close(): void {
    this.rest();
    this.screen.write(this.erased());
  }

  private tick(): void {
    if (!this.live) return this.alive();
    this.frame = (this.frame + 1) % FRAMES.length;
    this.redraw();
  }

  private erased(): string {
    const text = textIf(this.drawn > 0, `\x1b[${this.drawn}A\r\x1b[J`);
    this.drawn = 0;
    return text;
  }

  private draw(): void {
    const lines = this.lines(FRAMES[this.frame]);
    this.drawn = lines.length;
    this.screen.write(lines.map((line) => `${line}\n`).join(''));
  }
}
