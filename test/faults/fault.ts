/** Runs commands that break and repair a lab: on its nodes, in the VPC's router, in the cluster. Each call throws if the command fails. */
export interface Hands {
  /** Runs a bash script as root on a node; returns its output. */
  node(name: string, script: string): Promise<string>;
  /** Runs a program in the router's network namespace; returns its output. */
  router(...args: string[]): Promise<string>;
  kubectl(...args: string[]): Promise<string>;
}

/** Fault on a lab of one controller and two workers with the pod VICTIM. */
export interface Fault {
  description: string;
  make(hands: Hands): Promise<unknown>;
  repair(hands: Hands): Promise<unknown>;
  /** Checks that must fail, by id, each with a pattern that its reason must match. */
  fails: Record<string, RegExp>;
  /** Ids of related checks that must pass. */
  passes: string[];
}

export const WORKERS = ['worker-0', 'worker-1'];

/** Name of the student's own nginx pod, in the default namespace on worker-0. */
export const VICTIM = 'victim';

export const victimIp = ({ kubectl }: Hands): Promise<string> =>
  kubectl('get', 'pod', VICTIM, '-o', 'jsonpath={.status.podIP}');

/** Runs a script on every worker. */
export async function onWorkers(hands: Hands, script: string): Promise<void> {
  for (const worker of WORKERS) await hands.node(worker, script);
}

export const CNI = '/etc/cni/net.d/10-bridge.conf';

/** Edits a worker's CNI file with sed, like a student; `restoreCni` undoes it. */
export const editCni = (hands: Hands, worker: string, expression: string): Promise<string> =>
  hands.node(worker, `sed -i.saved '${expression}' ${CNI}`);
export const restoreCni = (hands: Hands, worker: string): Promise<string> =>
  hands.node(worker, `mv ${CNI}.saved ${CNI}`);

/** Returns the part of a fault that deletes a rule of the VPC's firewall and restores it. */
export function closedRule(name: string): Pick<Fault, 'make' | 'repair'> {
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
