import type { LabOutputs } from '../../components/outputs';
import { boundedRun } from '../../util/bounded-run';

/** Limit of one run of `nft`, in seconds. */
const SECONDS = 10;

const words = ({ router = 'ROUTER' }: Pick<LabOutputs, 'router'>): string[] => [
  ...['netns', 'exec', router],
  ...['nft', 'list', 'table', 'ip', 'load_balancer'],
];

/** Returns the command that lists the rules, as one line. */
export const rulesCommand = (outputs: LabOutputs): string => `sudo ip ${words(outputs).join(' ')}`;

/** Lists the load balancer's rules. Throws an Error with nft's message if there are none. */
export async function loadBalancerRules(outputs: LabOutputs): Promise<string> {
  const ran = await boundedRun('ip', words(outputs), { seconds: SECONDS });
  if (ran.code !== 0)
    throw new Error(`\`${rulesCommand(outputs)}\` exited ${ran.code}: ${ran.stderr.trim()}`);
  return ran.stdout;
}
