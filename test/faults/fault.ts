import type { Hands } from './hands';

/** Expectations of a fault on a lab of one controller and two workers. */
interface Expected {
  /** Checks that must fail, by id, each with a pattern that its reason must match. */
  fails: Record<string, RegExp>;
  /** Ids of related checks that must pass. */
  passes: string[];
}

/** Fault of a drill, whose scripts break and repair the lab. */
export interface DrillFault extends Expected {
  /** Name of the drill, for example `wrong-turn`. */
  drill: string;
  /** bash script for a node, which makes the fault worse than the drill's. Run by root. */
  worse?: { node: string; script: string };
}

/** Fault without a drill. */
export interface OwnFault extends Expected {
  description: string;
  make(hands: Hands): Promise<unknown>;
  repair(hands: Hands): Promise<unknown>;
}

export type Fault = DrillFault | OwnFault;

/** CNI file of a worker. */
export const CNI = '/etc/cni/net.d/10-bridge.conf';

/** Returns the part of a fault that deletes a rule of the VPC's firewall and restores it. */
export function closedRule(name: string): Pick<OwnFault, 'make' | 'repair'> {
  let rule = '';
  const chain = ['inet', 'vpc', 'firewall'];
  return {
    async make({ router }) {
      const listing = await router('nft', '-a', 'list', 'chain', ...chain);
      const [, text, handle] = new RegExp(`^\\s*(.* comment "${name}") # handle (\\d+)$`, 'm').exec(
        listing,
      )!;
      rule = text;
      await router('nft', 'delete', 'rule', ...chain, 'handle', handle);
    },
    repair: ({ router }) => router('nft', `add rule ${chain.join(' ')} ${rule}`),
  };
}
