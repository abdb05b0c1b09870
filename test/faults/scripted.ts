import { CNI, type ScriptedFault } from './fault';
import type { Hands } from './hands';

const WORKERS = ['worker-0', 'worker-1'];

/** Runs a script on every worker. */
export async function onWorkers(hands: Hands, script: string): Promise<void> {
  for (const worker of WORKERS) await hands.node(worker, script);
}

/** Edits a worker's CNI file with sed, like a student; `restoreCni` undoes it. */
export const editCni = (hands: Hands, worker: string, expression: string): Promise<string> =>
  hands.node(worker, `sed -i.saved '${expression}' ${CNI}`);
export const restoreCni = (hands: Hands, worker: string): Promise<string> =>
  hands.node(worker, `mv ${CNI}.saved ${CNI}`);

/** Returns the part of a fault that deletes a rule of the VPC's firewall and restores it. */
export function closedRule(name: string): Pick<ScriptedFault, 'make' | 'repair'> {
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
