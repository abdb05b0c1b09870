/** Step that is done. */
export interface Done {
  /** ISO 8601. */
  at: string;
  /** Output of the student's commands, or the lab's event, that proved the step. */
  evidence: string;
}

/** Progress of a student on one lab. */
export interface Progress {
  steps: Record<string, Done>;
  /** Outputs of the commands that were run, by index, for steps that are not done. */
  ran: Record<string, Record<number, string>>;
  /** Right answers, by the step of the question. */
  answers: Record<string, string>;
  /** Steps that do not apply to the lab. */
  skipped: string[];
  /** Step that a page shows, and since when a page is open (ISO 8601); unset while none is. */
  open?: { step: string; since: string };
}

/** Hint of the instructor. */
export interface Hint {
  /** ISO 8601. */
  at: string;
  text: string;
}

/** Progress of a student who has not begun. */
export const noProgress = (): Progress => ({ steps: {}, ran: {}, answers: {}, skipped: [] });

/** Keeps a student's progress, with the lab's files. */
export interface ProgressStore {
  read(): Progress;
  write(progress: Progress): void;
}

/** Most characters of evidence that are kept of one command. */
const LONGEST = 3000;

/** Shortens evidence to what a page can show. */
export function shorten(evidence: string): string {
  if (evidence.length > LONGEST) return `${evidence.slice(0, LONGEST)}\n…`;
  return evidence;
}

/** Joins what the commands of a step have shown, in the step's order. */
export const evidenceOf = (progress: Progress, step: string): string =>
  progress.steps[step]?.evidence ?? Object.values(progress.ran[step] ?? {}).join('\n\n');

/** Marks a step as done. */
export function finish(progress: Progress, step: string, done: Done): Progress {
  const { [step]: _, ...ran } = progress.ran;
  return { ...progress, ran, steps: { ...progress.steps, [step]: done } };
}

/** Marks a command of a step as run, with what it has shown. */
export function addRan(
  progress: Progress,
  step: string,
  { index, shown }: { index: number; shown: string },
): Progress {
  const known = progress.ran[step] ?? {};
  return {
    ...progress,
    ran: { ...progress.ran, [step]: { ...known, [index]: shorten(shown) } },
  };
}

/** Notes the step that a page shows. Keeps the time of a page that was already open. */
export function openStep(progress: Progress, step: string, now = new Date()): Progress {
  if (step === '' || progress.open?.step === step) return progress;
  return { ...progress, open: { step, since: progress.open?.since ?? now.toISOString() } };
}

/** Notes that no page is open. */
export function leave({ open: _, ...progress }: Progress): Progress {
  return progress;
}
