import type { LabOutputs } from '../../components/outputs';
import { run } from './run';

const words = ({ router = 'ROUTER' }: Pick<LabOutputs, 'router'>): string[] => [
  ...['netns', 'exec', router],
  ...['nft', 'list', 'table', 'ip', 'load_balancer'],
];

/** Returns the command that lists the rules, as one line. */
export const rulesCommand = (outputs: LabOutputs): string => `sudo ip ${words(outputs).join(' ')}`;

/** Lists the load balancer's rules. Throws an Error with nft's message if there are none. */
export const loadBalancerRules = (outputs: LabOutputs): Promise<string> =>
  run('ip', words(outputs), rulesCommand(outputs));
