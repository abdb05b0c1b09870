/**
 * Fault on a lab of one controller and two workers: a drill, and what the checks say about it. The
 * drill's scripts break and repair the lab.
 */
export interface Fault {
  /** Name of the drill, for example `wrong-turn`. */
  drill: string;
  /** Checks that must fail, by id, each with a pattern that its reason must match. */
  fails: Record<string, RegExp>;
  /** Ids of related checks that must pass. */
  passes: string[];
  /** bash script for a node, which makes the fault worse than the drill's. Run by root. */
  worse?: { node: string; script: string };
}

/** CNI file of a worker. */
export const CNI = '/etc/cni/net.d/10-bridge.conf';
