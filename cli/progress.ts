import { inWords, since } from './seconds';

/** One thing under way. */
export interface Step {
  /** What it is at just now, in a few words; shown while it runs. */
  update(detail: string): void;
  /** It ended well; `note` is said behind its title. */
  done(note?: string): void;
  failed(note?: string): void;
  /** It is not under way any more, and nothing is said of it: it waits for its turn. */
  drop(): void;
}

/**
 * What a run tells while it works. On a terminal: what has ended stays as a line with its seconds, what is under way is
 * a list below that is drawn anew, each with its elapsed time. In a pipe: one plain line when a step ends.
 */
export interface Progress {
  begin(title: string): Step;
  /** A line of its own. */
  say(line: string): void;
  /** Takes the list away; steps that have not ended are not mentioned again. */
  close(): void;
}

/** What the progress is written to. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MILLISECONDS = 120;
/** A step of a pipe that takes longer says that it is alive. */
const SIGN_OF_LIFE_SECONDS = 60;

/** How a line's end of a step looks, with colours where they are wanted. */
function paint(colours: boolean): Record<'good' | 'bad' | 'faint', (text: string) => string> {
  const code = (number: number) => (text: string) => (colours ? `\x1b[${number}m${text}\x1b[0m` : text);
  return { good: code(32), bad: code(31), faint: code(2) };
}

interface Running {
  title: string;
  detail: string;
  started: number;
  /** Seconds at which a pipe was last told of it. */
  told: number;
}

class StepList implements Progress {
  private readonly running = new Set<Running>();
  private readonly live: boolean;
  private readonly colour: ReturnType<typeof paint>;
  private timer: NodeJS.Timeout | undefined;
  private drawn = 0;
  private frame = 0;

  constructor(private readonly screen: Screen) {
    this.live = Boolean(screen.isTTY) && process.env.TERM !== 'dumb';
    this.colour = paint(this.live && !process.env.NO_COLOR);
  }

  begin(title: string): Step {
    const step: Running = { title, detail: '', started: Date.now(), told: 0 };
    this.running.add(step);
    this.timer ??= setInterval(() => this.tick(), this.live ? REDRAW_MILLISECONDS : 1000).unref();
    const end = (mark: string, note?: string): void => {
      if (!this.running.delete(step)) return;
      const told = note ? `${step.title}: ${note}` : step.title;
      this.say(`${mark} ${told} ${this.colour.faint(`${this.live ? '' : '('}${inWords(since(step.started))}${this.live ? '' : ')'}`)}`);
      if (this.running.size === 0) this.rest();
    };
    return {
      drop: () => void (this.running.delete(step) && this.running.size === 0 && this.rest()),
      update: (detail) => void (step.detail = detail),
      done: (note) => end(this.live ? this.colour.good('✔') : 'ok  ', note),
      failed: (note) => end(this.live ? this.colour.bad('✖') : 'FAIL', note),
    };
  }

  say(line: string): void {
    // One write, so that the list below never flickers.
    this.screen.write(`${this.erased()}${line}\n`);
    if (this.live) this.draw();
  }

  close(): void {
    this.running.clear();
    this.rest();
    this.screen.write(this.erased());
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    if (this.live) {
      this.frame = (this.frame + 1) % FRAMES.length;
      this.screen.write(this.erased());
      this.draw();
      return;
    }
    for (const step of this.running) {
      const seconds = since(step.started);
      if (seconds < step.told + SIGN_OF_LIFE_SECONDS) continue;
      step.told = seconds;
      this.screen.write(`...  ${step.title}${step.detail ? `: ${step.detail}` : ''} (${inWords(seconds)} so far)\n`);
    }
  }

  /** What takes the list off the screen. */
  private erased(): string {
    const text = this.drawn > 0 ? `\x1b[${this.drawn}A\r\x1b[J` : '';
    this.drawn = 0;
    return text;
  }

  private draw(): void {
    const columns = this.screen.columns ?? 80;
    const room = Math.max(1, Math.min(12, (this.screen.rows ?? 24) - 4));
    const all = [...this.running];
    const lines = all.slice(0, room).map((step) => {
      const time = inWords(Math.floor(since(step.started))).replace(/\.0/, '');
      const text = `${step.title}${step.detail ? `: ${step.detail}` : ''}`;
      const space = columns - time.length - 5;
      return `${FRAMES[this.frame]} ${text.length > space ? `${text.slice(0, space - 1)}…` : text} ${this.colour.faint(time)}`;
    });
    if (all.length > room) lines.push(this.colour.faint(`  and ${all.length - room} more`));
    this.drawn = lines.length;
    this.screen.write(lines.map((line) => `${line}\n`).join(''));
  }
}

/** Progress on `screen`: standard output unless that is for a program to read. */
export const progressOn = (screen: Screen = process.stdout): Progress => new StepList(screen);
