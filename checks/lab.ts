import type { LabOutputs } from '../components/outputs';
import type { Node, Topology } from '../components/topology';
import type { Access, Ran } from './access';
import type { TestPods } from './probes/test-pods';
import { noAnswer, SSH_FAILED } from './unreachable';

/** LabUnderTest that the checks inspect: its plan, access to its nodes and its API, and the test pods. */
export interface LabUnderTest {
  access: Access;
  outputs: LabOutputs;
  topology: Topology;
  workers: Node[];
  controllers: Node[];
  pods: TestPods;
}

/** Wraps an experiment that several checks use, so that it runs once for each lab: on the first call. */
export function shared<T>(
  make: (lab: LabUnderTest) => Promise<T>,
): (lab: LabUnderTest) => Promise<T> {
  const made = new WeakMap<LabUnderTest, Promise<T>>();
  return (lab) => {
    const known = made.get(lab) ?? make(lab);
    made.set(lab, known);
    return known;
  };
}

/** Line that marks the end of one command's output. No command prints this line itself. */
const MARK = '--hardway-verify-exit';

/** Returns whether a pipe into grep matched no line: grep exits 1 then, which is not a failure. */
const foundNothing = (command: string, code: number): boolean =>
  code === 1 && /\| grep /.test(command);

/**
 * Runs commands on a node, one after the other in one SSH session, and returns the output of each.
 * Throws an Error that names the node and the command if one fails or if the node can't be reached.
 */
export async function type(
  lab: Pick<LabUnderTest, 'access'>,
  node: string,
  commands: string[],
): Promise<string[]> {
  const script = commands.map((command) => `${command}\nprintf '\\n${MARK} %d\\n' $?`).join('\n');
  const result = await lab.access.onNode(node, script);
  if (result.code === SSH_FAILED && result.stdout === '') {
    throw new Error(noAnswer(node, firstLine(result.stderr)));
  }
  const outputs: string[] = [];
  let rest = result.stdout;
  for (const command of commands) {
    const end = new RegExp(`\\n?\\n${MARK} (\\d+)\\n`).exec(rest);
    if (!end)
      throw new Error(
        `${node} did not finish \`${command}\`: ${firstLine(result.stderr) || `ssh exited ${result.code}`}`,
      );
    const code = Number(end[1]);
    if (code !== 0 && !foundNothing(command, code)) {
      throw new Error(
        `\`${command}\` on ${node} exited ${code}: ${firstLine(result.stderr) || 'it printed nothing'}`,
      );
    }
    outputs.push(rest.slice(0, end.index).replace(/^\n/, ''));
    rest = rest.slice(end.index + end[0].length);
  }
  return outputs;
}

/** Runs one command on a node and returns its output; throws like `type`. */
export async function typeOne(
  lab: Pick<LabUnderTest, 'access'>,
  node: string,
  command: string,
): Promise<string> {
  return (await type(lab, node, [command]))[0];
}

/** Runs kubectl and returns its output. Throws an Error with kubectl's message if it fails. */
export async function kubectl(
  lab: Pick<LabUnderTest, 'access'>,
  args: string[],
  stdin?: string,
): Promise<string> {
  const result = await lab.access.kubectl(args, stdin);
  if (result.code !== 0)
    throw new Error(
      `\`kubectl ${args.join(' ')}\` exited ${result.code}: ${firstLine(result.stderr)}`,
    );
  return result.stdout;
}

/**
 * Runs a command in a pod, and once more if the result is not good: on a busy host a command in a
 * pod may not start, or not end, in time. Returns the last result.
 */
export async function execTwice(
  lab: LabUnderTest,
  pod: string,
  command: string[],
  good: (ran: Ran) => boolean,
): Promise<Ran & { typed: string }> {
  const args = ['-n', lab.pods.namespace, 'exec', pod, '--', ...command];
  let ran = await lab.access.kubectl(args);
  if (!good(ran)) ran = await lab.access.kubectl(args);
  return { ...ran, typed: `kubectl ${args.join(' ')}` };
}

/** Returns kubectl's error if a command in a pod failed and printed nothing; else an empty text. */
export function execFailure({ code, stdout, stderr }: Ran): string {
  if (code !== 0 && stdout.trim() === '') return firstLine(stderr);
  return '';
}

/** Returns the first line that is not empty, without deprecation warnings and log lines around it. */
export function firstLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '' && !/level=warning|^[EWI]\d{4} /.test(line)) ?? '';
}

/** Returns the lines of a listing that match a pattern, as evidence. */
export function linesWith(text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .filter((line) => pattern.test(line))
    .map((line) => line.trimEnd());
}
