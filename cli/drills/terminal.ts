import { spawn } from 'node:child_process';
import { setTimeout as rest } from 'node:timers/promises';
import { Interrupted, unable } from '../errors';
import { textIf } from '../../util/optional';

// A prompt carries an escape sequence that no terminal shows. It says when the next line can be typed.
const PROMPT = '\x1b]633;hardway-prompt\x07';

/** bash command that puts the sequence into both prompts of a shell. */
export const MARK_PROMPTS =
  'export PROMPT_COMMAND=\'printf "\\033]633;hardway-prompt\\007"\'; ' +
  "export PS2=$'\\001\\033]633;hardway-prompt\\007\\002> '; export HISTFILE=";

/** Limit of one command, in seconds. */
const SECONDS = 60;

/** Removes prompts' sequences from a terminal's output, which comes in pieces. */
export class PromptFilter {
  private held = '';
  /** Number of prompts so far. */
  prompts = 0;

  /** Returns the text that can be shown. Holds back a sequence that is not complete. */
  take(piece: string): string {
    const parts = (this.held + piece).split(PROMPT);
    this.prompts += parts.length - 1;
    const text = parts.join('');
    const start = text.lastIndexOf('\x1b');
    const isPart = start >= 0 && PROMPT.startsWith(text.slice(start));
    this.held = textIf(isPart, text.slice(start));
    return isPart ? text.slice(0, start) : text;
  }
}

export interface Typing {
  /** Program and arguments of the shell, which has its own terminal. */
  command: string[];
  lines: string[];
  /** Receives what the terminal shows. */
  show(text: string): void;
  /** Pause between two characters, in milliseconds. 0 types whole lines. */
  pace: number;
  signal?: AbortSignal;
}

/**
 * Types lines into a shell, each after the prompt, and shows its terminal. Throws a Failure if the
 * shell ends early or a command does not end.
 */
export async function typeInto({ command, lines, show, pace, signal }: Typing): Promise<void> {
  const [program, ...args] = command;
  // Without a terminal, the output holds no escape sequences.
  const env = pace > 0 ? process.env : { ...process.env, TERM: 'dumb' };
  const child = spawn(program, args, { stdio: 'pipe', detached: true, env });
  const filter = new PromptFilter();
  let shown = '';
  let ended = false;
  const take = (piece: string): void => {
    const text = filter.take(piece);
    shown = `${shown}${text}`.slice(-2000);
    show(text);
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  child.stdin.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  }).then(() => void (ended = true));
  const stop = (): boolean => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop);

  const awaitPrompt = async (count: number): Promise<void> => {
    const limit = Date.now() + SECONDS * 1000;
    while (filter.prompts < count && !ended && Date.now() < limit) await rest(20);
    if (signal?.aborted) throw new Interrupted();
    if (filter.prompts >= count) return;
    const last = shown.trim().split('\n').at(-1) ?? '';
    throw unable(
      ended ? `The terminal ended: ${last}` : `No prompt came back within ${SECONDS} s: ${last}`,
      './lab drill stop repairs the lab',
    );
  };

  try {
    await awaitPrompt(1);
    for (const [index, line] of lines.entries()) {
      for (const character of pace > 0 ? line : [line]) {
        child.stdin.write(character);
        if (pace > 0) await rest(pace);
      }
      child.stdin.write('\r');
      await awaitPrompt(index + 2);
    }
    child.stdin.write('exit\r');
    await Promise.race([closed, rest(3000, undefined, { ref: false })]);
  } finally {
    signal?.removeEventListener('abort', stop);
    if (!ended) stop();
    await closed;
  }
}
