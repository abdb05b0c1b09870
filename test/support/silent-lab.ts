import type { Access, Ran } from '../../checks/access';
import { checks } from '../../checks';
import { asText, type LabConfig } from '../../components/config';
import type { LabOutputs } from '../../components/outputs';
import { labOutputs } from './outputs';

/** Ids of the checks that every lab has, in their order. */
export const IDS = checks.map(({ id }) => id);

/** Outputs of a local lab with the default config and these changes. */
export function outputs(overrides: Partial<LabConfig> = {}): LabOutputs {
  const raw = Object.entries(overrides).map(([key, value]) => [key, asText(value)]);
  return { ...labOutputs('test', Object.fromEntries(raw)), router: 'router' };
}

/** Access to a lab with unreachable nodes and API. */
export function silent(
  lab: LabOutputs,
  overrides: Partial<Access> = {},
): Access & { kubectlCalls: string[][] } {
  const kubectlCalls: string[][] = [];
  const gone = async (): Promise<Ran> => ({ code: 255, stdout: '', stderr: 'no route to host' });
  return {
    outputs: lab,
    kubectlCalls,
    onNode: gone,
    start: async () => Promise.reject(new Error('no route to host')),
    hold: async () => Promise.reject(new Error('no route to host')),
    kubectl: async (args) => {
      kubectlCalls.push(args);
      // With nodes that answer, the API is ready, but all other requests fail.
      return args.includes('/readyz') && overrides.onNode
        ? { code: 0, stdout: 'ok', stderr: '' }
        : gone();
    },
    http: async () => Promise.reject(new Error('no route to host')),
    routes: async () => Promise.reject(new Error('no such namespace')),
    loadBalancer: async () => Promise.reject(new Error('no such namespace')),
    close: async () => undefined,
    ...overrides,
  };
}

/** Answers the scripts of `type`: each command with the text of the first pattern that it matches. */
export function answering(answers: [RegExp, string][]): Access['onNode'] {
  return async (_node, script) => {
    const stdout = script
      .split(/printf '\\n--hardway-verify-exit %d\\n' \$\?\n?/)
      .filter((command) => command.trim() !== '')
      .map(
        (command) =>
          `${answers.find(([pattern]) => pattern.test(command))?.[1] ?? ''}\n\n--hardway-verify-exit 0\n`,
      )
      .join('');
    return { code: 0, stdout, stderr: '' };
  };
}

/** A route to the pods of a worker, as the VPC's route table lists it. */
export const route = (index: number, nextHop = `10.240.0.2${index}`) => ({
  destination: `10.200.${index}.0/24`,
  nextHop,
  line: `10.200.${index}.0/24 via ${nextHop} dev br0`,
});
