import type { Stage } from './stage';

/** An action of a user, or a fault, and the expected result. */
export interface Act {
  /** Short name, for `--only`. */
  name: string;
  /** Sentence that is true if the act succeeds. */
  title: string;
  /** Account before the act: a lab that is up, or nothing. */
  begins: 'with a lab' | 'with nothing';
  /** Account after the act, if that differs. */
  ends?: 'with a lab' | 'with nothing';
  /** Whether the act needs profile full, which has balancers. Default: false. */
  needsBalancer?: boolean;
  run(stage: Stage): Promise<void>;
}
