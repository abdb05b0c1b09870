import type { LabOutputs } from '../components/outputs';
import type { Node, Topology } from '../components/topology';
import type { Access } from './access';
import type { TestPods } from './probes/test-pods';

/** What a check works with: the lab's plan, the ways in, and the test pods. */
export interface Lab {
  access: Access;
  outputs: LabOutputs;
  topology: Topology;
  workers: Node[];
  controllers: Node[];
  pods: TestPods;
}

/** An experiment that several checks look at from different sides: it is made once a lab, by whoever asks first. */
export function shared<T>(make: (lab: Lab) => Promise<T>): (lab: Lab) => Promise<T> {
  const made = new WeakMap<Lab, Promise<T>>();
  return (lab) => {
    const known = made.get(lab) ?? make(lab);
    made.set(lab, known);
    return known;
  };
}

/** Marks the end of one command's output; not a line that any of them prints. */
const MARK = '--hardway-verify-exit';

/** A pipe into grep that found no line exits 1: that is an answer, not a failure. */
const foundNothing = (command: string, code: number): boolean =>
  code === 1 && /\| grep /.test(command);

/**
 * Types commands on a node, one after the other in one session, and returns what each printed.
 * Throws an Error that names the node and the command where one fails, or where the node can't be reached.
 */
export async function type(
  lab: Pick<Lab, 'access'>,
  node: string,
  commands: string[],
): Promise<string[]> {
  const script = commands.map((command) => `${command}\nprintf '\\n${MARK} %d\\n' $?`).join('\n');
  const result = await lab.access.onNode(node, script);
  // ssh's own exit code.
  if (result.code === 255 && result.stdout === '') {
    throw new Error(
      `${node} does not answer (${firstLine(result.stderr)}): wait if it is just starting, or look at \`./lab status\``,
    );
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

/** Types one command on a node; as `type`. */
export async function typeOne(
  lab: Pick<Lab, 'access'>,
  node: string,
  command: string,
): Promise<string> {
  return (await type(lab, node, [command]))[0];
}

/** Runs kubectl and returns what it printed. Throws an Error with kubectl's own words where it fails. */
export async function kubectl(
  lab: Pick<Lab, 'access'>,
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

/** Tries until an answer satisfies, at most `seconds`, with a `pause` of milliseconds between; returns the last answer, good or not. */
export async function until<T>(
  seconds: number,
  attempt: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  pause = 200,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await attempt();
    if (satisfies(answer) || Date.now() >= deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** The first line that says something; tools print warnings of deprecation, and lines of their log, around it. */
export function firstLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '' && !/level=warning|^[EWI]\d{4} /.test(line)) ?? '';
}

/** The lines of a listing that match, as evidence. */
export function linesWith(text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .filter((line) => pattern.test(line))
    .map((line) => line.trimEnd());
}
