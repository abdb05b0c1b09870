/** Run over SSH as ubuntu, prints a NodeStatus as JSON. Fails on a node that bootstrap has not reached. */
export const STATUS_COMMAND = 'sudo bash /opt/hardway/status.sh';

/**
 * A node as bootstrap left it, against what it is now. The digests come from /var/lib/hardway/steps/STEP.sha256,
 * which a step writes last: a step of expectedSteps() that no file names has not succeeded yet.
 * To mend what differs, replace the Pulumi resources `commandsOf(step, node)`.
 */
export interface NodeStatus {
  node: string;
  files: { step: string; path: string; state: 'ok' | 'changed' | 'missing' }[];
  /** systemd's word: active, activating, inactive, failed, … Of an active one also what is wrong with it: disabled, `overridden by FILE`. */
  units: { unit: string; active: string }[];
  /**
   * Objects in the cluster that differ from a step's work: `Deployment kube-system/coredns` `is missing`.
   * `cure` is set if the step can't repair the object: what the student does instead.
   */
  objects: { step: string; object: string; state: string; cure?: string }[];
}
