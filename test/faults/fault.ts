/** What breaks and mends a lab: its nodes, the VPC's router, the cluster. Each call throws where the command fails. */
export interface Hands {
  /** A bash script, run as root on a node; returns what it printed. */
  node(name: string, script: string): Promise<string>;
  /** A program, run in the router, as the cloud's provider would. */
  router(...args: string[]): Promise<string>;
  kubectl(...args: string[]): Promise<string>;
}

/** A fault, on a lab of one controller and two workers with the pod VICTIM. */
export interface Fault {
  what: string;
  make(hands: Hands): Promise<unknown>;
  mend(hands: Hands): Promise<unknown>;
  /** The checks that must fail, and what each must say: the fault's neighbourhood. */
  fails: Record<string, RegExp>;
  /** Neighbours that must pass. */
  passes: string[];
}

export const WORKERS = ['worker-0', 'worker-1'];

/** An nginx of the student's own, in the default namespace on worker-0. */
export const VICTIM = 'victim';

export const victimIp = ({ kubectl }: Hands): Promise<string> =>
  kubectl('get', 'pod', VICTIM, '-o', 'jsonpath={.status.podIP}');

/** Runs the same on every worker. */
export async function onWorkers(hands: Hands, script: string): Promise<void> {
  for (const worker of WORKERS) await hands.node(worker, script);
}

export const CNI = '/etc/cni/net.d/10-bridge.conf';

/** Edits a worker's CNI file with sed, as a student would; `restoreCni` undoes it. */
export const editCni = (hands: Hands, worker: string, expression: string): Promise<string> =>
  hands.node(worker, `sed -i.saved '${expression}' ${CNI}`);
export const restoreCni = (hands: Hands, worker: string): Promise<string> =>
  hands.node(worker, `mv ${CNI}.saved ${CNI}`);

/** Removes a rule from the VPC's firewall, and puts it back. */
export function closedRule(name: string): Pick<Fault, 'make' | 'mend'> {
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
    mend: ({ router }) => router('nft', `add rule ${chain.join(' ')} ${rule}`),
  };
}
