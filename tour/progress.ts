/** Step that is done. */
export interface Done {
  /** ISO 8601. */
  at: string;
  /** What proved it: output of the student's command, or what the lab showed. */
  evidence: string;
}

/** Progress of a student on one lab. */
export interface Progress {
  steps: Record<string, Done>;
  /** Indexes of the commands that were run, for steps that are not done. */
  ran: Record<string, number[]>;
  /** Right answers, by the step of the question. */
  answers: Record<string, string>;
}

/** Progress of a student who has not begun. */
export const noProgress = (): Progress => ({ steps: {}, ran: {}, answers: {} });

/** Keeps a student's progress, with the lab's files. */
export interface ProgressStore {
  read(): Progress;
  write(progress: Progress): void;
}

/** Most characters of evidence that are kept. */
const LONGEST = 6000;

/** Shortens evidence to what a page can show. */
export const shorten = (evidence: string): string =>
  evidence.length > LONGEST ? `${evidence.slice(0, LONGEST)}\n…` : evidence;

/** Marks a step as done. */
export function finish(progress: Progress, step: string, done: Done): Progress {
  const { [step]: _, ...ran } = progress.ran;
  const evidence = shorten(done.evidence);
  return { ...progress, ran, steps: { ...progress.steps, [step]: { ...done, evidence } } };
}

/** Marks a command of a step as run. */
export function addRan(progress: Progress, step: string, index: number): Progress {
  const known = progress.ran[step] ?? [];
  if (known.includes(index)) return progress;
  return { ...progress, ran: { ...progress.ran, [step]: [...known, index] } };
}
