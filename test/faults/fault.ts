import type { Hands } from './hands';

/** Effect of a fault on the checks. */
interface Symptoms {
  /** Checks that must fail, by id, each with a pattern that its reason must match. */
  fails: Record<string, RegExp>;
  /** Ids of related checks that must pass. */
  passes: string[];
}

/**
 * Fault on a lab of one controller and two workers: a drill, and what the checks say about it. The
 * drill's scripts break and repair the lab.
 */
export interface DrillFault extends Symptoms {
  /** Name of the drill, for example `wrong-turn`. */
  drill: string;
  /** bash script for a node, which makes the fault worse than the drill's. Run by root. */
  worse?: { node: string; script: string };
}

/** Fault without a drill, on a lab with IPv6 or with a load balancer. */
export interface ScriptedFault extends Symptoms {
  description: string;
  make(hands: Hands): Promise<unknown>;
  repair(hands: Hands): Promise<unknown>;
}

export type Fault = DrillFault | ScriptedFault;

/** CNI file of a worker. */
export const CNI = '/etc/cni/net.d/10-bridge.conf';
