/** Rule of the load balancer for one address and port, and the numbers of the workers that it chooses. */
export interface BalancerRule {
  /** Line that sends packets to the chain of the port. */
  line: string;
  /** Line of the chain that chooses the worker. */
  choice: string;
  /** Numbers of the workers that get connections, from 0. */
  workers: number[];
}

/** Mark of packets to worker-0; later workers follow. */
const FIRST_MARK = 0x100;

/**
 * Finds the rule of an address and a TCP port in the output of `nft list table ip load_balancer`;
 * `undefined` if the balancer has none, because no worker is healthy.
 */
export function balancerRule(
  listing: string,
  address: string,
  port: number,
): BalancerRule | undefined {
  const lines = listing.split('\n').map((line) => line.trim());
  const line = lines.find((one) => one.startsWith(`ip daddr ${address} tcp dport ${port} `));
  const [, chain] = /\bgoto (\S+)/.exec(line ?? '') ?? [];
  const choice = lines[lines.indexOf(`chain ${chain} {`) + 1];
  if (line === undefined || chain === undefined || choice === undefined) return undefined;
  const [, chosen = ''] = /ct mark set (.*)$/.exec(choice) ?? [];
  const marks = [...chosen.matchAll(/(?:: |^)(0x0*1[0-9a-f]{2})\b/g)].map(([, mark]) =>
    Number(mark),
  );
  return {
    line,
    choice,
    workers: [...new Set(marks.map((mark) => mark - FIRST_MARK))].sort((a, b) => a - b),
  };
}
