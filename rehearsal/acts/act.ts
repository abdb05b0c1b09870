import type { Stage } from './stage';

/** One thing that a user does, or that goes wrong, and what must come of it. */
export interface Act {
  /** Short name, for `--only`. */
  name: string;
  /** What is shown, as a sentence that holds if the act succeeds. */
  title: string;
  /** What the act finds: a lab that is up, or an empty account. */
  begins: 'with a lab' | 'with nothing';
  /** What the act leaves, if that differs. */
  ends?: 'with a lab' | 'with nothing';
  run(stage: Stage): Promise<void>;
}
