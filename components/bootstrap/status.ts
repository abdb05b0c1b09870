/** Command for user `ubuntu` that prints a NodeStatus as JSON. Fails on a node without bootstrap. */
export const STATUS_COMMAND = 'sudo bash /opt/hardway/status.sh';

/**
 * Drift of a node from its state after bootstrap. The digests come from
 * /var/lib/hardway/steps/STEP.sha256, which a step writes last: a step of expectedSteps() without such
 * a file has not succeeded yet. Replacing the resources `commandsOf(step, node)` repairs the drift.
 */
export interface NodeStatus {
  /** For example `worker-0`. */
  node: string;
  /** Each file that bootstrap placed. */
  files: { step: string; path: string; state: 'ok' | 'changed' | 'missing' }[];
  /** State in systemd: `active`, `failed`, …; for an active unit also `disabled` or `overridden by FILE`. */
  units: { unit: string; active: string }[];
  /**
   * Objects in the cluster that differ from a step's work: `Deployment kube-system/coredns` `is missing`.
   * `cure` is set if the step can't repair the object: what the student does instead.
   */
  objects: { step: string; object: string; state: string; cure?: string }[];
}
