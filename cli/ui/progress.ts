import { textIf } from '../../util/optional';
import { cut } from '../../util/text-width';
import { type Colours, LiveLines, paint, type Screen, sizeOf } from './live-region';
import { formatDuration, since } from './duration';

/** One running step of a command. */
export interface Step {
  /** Sets a few words about the current work; shown while the step runs. */
  update(detail: string): void;
  /** Ends the step as successful. `note` is printed after its title. */
  done(note?: string): void;
  failed(note?: string): void;
  /** Ends the step without output: it waits for a free worker. */
  drop(): void;
}

/**
 * Progress output of a command. On a terminal, a finished step stays as a line with its seconds.
 * Running steps are a list below with their elapsed times. In a pipe, a finished step prints one
 * plain line.
 */
export interface Progress {
  begin(title: string): Step;
  /**
   * Sets a line about the whole work. It is read each time it is shown: below the list on a
   * terminal; once a minute in a pipe, instead of a line per running step. `undefined` removes it.
   */
  summarize(summary: (() => string) | undefined): void;
  /** Prints a line. */
  say(line: string): void;
  /** Erases the list. Running steps are not shown again. */
  close(): void;
}

/** Shows a step while `work` runs. */
export async function during<T>(
  progress: Pick<Progress, 'begin'>,
  title: string,
  work: Promise<T>,
): Promise<T> {
  const step = progress.begin(title);
  try {
    const result = await work;
    step.done();
    return result;
  } catch (error) {
    step.failed();
    throw error;
  }
}

/** Prints nothing, for work inside another command. */
export const quietProgress: Progress = {
  begin: () => ({
    update: () => undefined,
    done: () => undefined,
    failed: () => undefined,
    drop: () => undefined,
  }),
  summarize: () => undefined,
  say: () => undefined,
  close: () => undefined,
};

/** Interval in seconds at which a long step in a pipe reports that it is still running. */
export const SIGN_OF_LIFE_SECONDS = 60;

interface Running {
  title: string;
  detail: string;
  started: number;
  /** Time of the last report to a pipe, in seconds since the step started. */
  reportedAt: number;
}

class StepList implements Progress {
  private readonly running = new Set<Running>();
  private readonly lines: LiveLines;
  private readonly live: boolean;
  private readonly colour: Colours;
  private summary: { text: () => string; shownAt: number } | undefined;

  constructor(private readonly screen: Screen) {
    this.lines = new LiveLines(
      screen,
      (frame) => this.list(frame),
      () => this.signsOfLife(),
    );
    this.live = this.lines.live;
    this.colour = paint(screen);
  }

  begin(title: string): Step {
    const step: Running = { title, detail: '', started: Date.now(), reportedAt: 0 };
    this.running.add(step);
    this.lines.start();
    const end = (mark: string, note?: string): void => {
      if (!this.running.delete(step)) return;
      const text = `${step.title}${textIf(note, `: ${note}`)}`;
      const time = formatDuration(since(step.started));
      if (this.live) this.say(`${mark} ${text} ${this.colour.faint(time)}`);
      else this.say(`${mark} ${text} (${time})`);
      if (this.running.size === 0) this.lines.rest();
    };
    return {
      drop: () => void (this.running.delete(step) && this.running.size === 0 && this.lines.rest()),
      update: (detail) => void (step.detail = detail),
      done: (note) => end(this.marks().good, note),
      failed: (note) => end(this.marks().bad, note),
    };
  }

  /** Returns the marks before a finished step. */
  private marks(): { good: string; bad: string } {
    if (!this.live) return { good: 'ok  ', bad: 'FAIL' };
    return { good: this.colour.good('✔'), bad: this.colour.bad('✖') };
  }

  summarize(text: (() => string) | undefined): void {
    this.summary = text && { text, shownAt: Date.now() };
  }

  say(line: string): void {
    this.lines.print(line);
  }

  close(): void {
    this.running.clear();
    this.lines.close();
  }

  private signsOfLife(): void {
    if (this.summary) return this.summaryInPipe(this.summary);
    for (const step of this.running) {
      const seconds = since(step.started);
      if (seconds < step.reportedAt + SIGN_OF_LIFE_SECONDS) continue;
      step.reportedAt = seconds;
      this.screen.write(
        `...  ${step.title}${textIf(step.detail, `: ${step.detail}`)} (${formatDuration(seconds)} so far)\n`,
      );
    }
  }

  private summaryInPipe(summary: { text: () => string; shownAt: number }): void {
    if (since(summary.shownAt) < SIGN_OF_LIFE_SECONDS) return;
    summary.shownAt = Date.now();
    const titles = [...this.running].map(({ title }) => title).join(', ');
    this.screen.write(`...  ${summary.text()}; now: ${titles}\n`);
  }

  private list(frame: string): string[] {
    const { columns, rows } = sizeOf(this.screen);
    const room = Math.max(1, Math.min(12, rows - 4));
    const all = [...this.running];
    const lines = all.slice(0, room).map((step) => {
      const time = formatDuration(Math.floor(since(step.started))).replace(/\.0/, '');
      const text = `${step.title}${textIf(step.detail, `: ${step.detail}`)}`;
      const space = columns - time.length - 5;
      return `${frame} ${cut(text, space)} ${this.colour.faint(time)}`;
    });
    if (all.length > room) lines.push(this.colour.faint(`  and ${all.length - room} more`));
    if (this.summary) lines.push(this.colour.faint(`  ${cut(this.summary.text(), columns - 3)}`));
    return lines;
  }
}

/** Returns the stream for progress. With --json, standard output holds only JSON. */
export function progressScreen({ json }: { json?: boolean }): NodeJS.WriteStream {
  if (json) return process.stderr;
  return process.stdout;
}

/** Returns a Progress on `screen`. With --json, pass `progressScreen`. */
export const progressOn = (screen: Screen = process.stdout): Progress => new StepList(screen);
