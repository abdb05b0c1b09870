import type { Stage } from '../components/config/stage';
import type { LabOutputs } from '../components/outputs';
import type { Lab } from './lab';

/** One row of the article, as it was seen on a lab. */
export interface CheckResult {
  /** As in the article's table: `nat.ping`. */
  id: string;
  title: string;
  /** Where the command was typed: a node's name, `laptop`, or `VPC router`. */
  node: string;
  /** What a reader types to see the same. */
  command: string;
  expected: string;
  /** What the command printed: the lines that matter. */
  evidence: string;
  status: 'pass' | 'fail' | 'skip';
  /** Empty on a pass; what was seen instead and where to look on a failure; why not on a skip. */
  reason: string;
}

/** Everything `lab verify` found, and what `--json` prints. */
export interface Report {
  lab: string;
  cloud: string;
  seconds: number;
  passed: number;
  failed: number;
  skipped: number;
  checks: CheckResult[];
}

/** What a check's run concludes: it passes exactly when it found no problem. */
export interface Finding {
  node: string;
  command: string;
  expected: string;
  evidence: string;
  /** Each says what was seen instead, in a phrase. */
  problems: string[];
  /** Which neighbourhood to look at when there is a problem. */
  look: string;
}

/** One row of the article, before it is run. */
export interface Check {
  id: string;
  title: string;
  node: string;
  /** With placeholders (POD_IP) where the real command names what only a running lab has. */
  command: string;
  expected: string;
  /** The stage that makes what the check looks at. */
  stage: Stage;
  /** How many workers it takes; 2 for what goes from node to node. */
  workers: 1 | 2;
  /** Ids of the rows that show what this one takes for granted: where one of them fails too, it is to be mended first. */
  standsOn?: string[];
  /** The line of the evidence that says most, for a table; the first, where nothing is said. */
  telling?: RegExp;
  /** Why the check doesn't apply to this lab, or undefined. Stage and workers are looked at before. */
  skip?(outputs: LabOutputs): string | undefined;
  run(lab: Lab): Promise<Finding>;
}
