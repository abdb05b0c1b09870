import type { LabConfig, Stage } from '../components/config';
import type { LabOutputs } from '../components/outputs';
import type { LabUnderTest } from './lab';

/** Result of one check on a lab. `lab verify --json` prints these fields. */
export interface CheckResult {
  /** Id in the article's table, for example `nat.ping`. */
  id: string;
  title: string;
  /** Place where the command was typed: a node's name, `laptop`, or `VPC router`. */
  node: string;
  /** Command that a user can type to see the same output. */
  command: string;
  expected: string;
  /** Relevant lines of the command's output. */
  evidence: string;
  status: 'pass' | 'fail' | 'skip';
  /** Empty on a pass. On a failure, the problem and where to look; on a skip, why the check does not apply. */
  reason: string;
}

/** Results of all checks on a lab, as `lab verify --json` prints them. */
export interface Report {
  lab: string;
  cloud: string;
  seconds: number;
  passed: number;
  failed: number;
  skipped: number;
  checks: CheckResult[];
}

/** Evidence that a check collected on a lab. The check passes if and only if `problems` is empty. */
export interface Evidence {
  node: string;
  command: string;
  expected: string;
  evidence: string;
  /** One phrase for each difference from `expected`. */
  problems: string[];
  /** Advice where to look, printed behind the problems. Empty if the problems say it themselves. */
  look: string;
}

/** Check of one row of the article's table. */
export interface Check {
  id: string;
  title: string;
  node: string;
  /** Command with placeholders (POD_IP) for values that only a running lab has. */
  command: string;
  expected: string;
  /** Stage that creates what the check inspects. */
  stage: Stage;
  /** Number of workers that the check needs: 2 if packets cross from worker to worker. */
  workers: 1 | 2;
  /** Ids of checks that this check depends on. If one of them fails too, it has to be repaired first. */
  dependsOn?: string[];
  /** Matches the line of the evidence that the table shows. Default: the first line. */
  summaryLine?: RegExp;
  /** Whether labs of this config have the row. Default: every lab has it, as the article. */
  appliesTo?(config: LabConfig): boolean;
  /** Returns why the check does not apply to this lab, or `undefined`. Stage and workers are compared before. */
  skip?(outputs: LabOutputs): string | undefined;
  run(lab: LabUnderTest): Promise<Evidence>;
}
