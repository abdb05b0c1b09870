import type { Access } from '../../checks';
import type { UpLab } from '../lab/access';
import { boundedRun, type Ran } from '../../util/bounded-run';
import { unable } from '../errors';
import type { Drill, Place, Script } from './drill';

/** Time limit of a script on one place, in seconds. */
const SECONDS = 30;

/** uid and gid of the unprivileged user on Debian and Ubuntu. */
const UNPRIVILEGED = '65534';

/**
 * Returns the command line that runs a program in the router's network namespace. The program can
 * change this namespace, and nothing else of the host: it runs without root, with the capabilities
 * for networks only.
 */
export const routerCommand = (router: string, ...command: string[]): string[] => [
  ...[
    'ip',
    'netns',
    'exec',
    router,
    'setpriv',
    `--reuid=${UNPRIVILEGED}`,
    `--regid=${UNPRIVILEGED}`,
  ],
  ...[
    '--clear-groups',
    '--inh-caps=-all,+net_admin,+net_raw',
    '--ambient-caps=-all,+net_admin,+net_raw',
  ],
  ...['--bounding-set=-all,+net_admin,+net_raw', '--no-new-privs', ...command],
];

/** Runs a script at one place; on nodes as the user ubuntu. Never rejects. */
export function runAt(access: Access, place: Place, script: string): Promise<Ran> {
  if (place !== 'router') return access.onNode(place, script, { seconds: SECONDS });
  const [program, ...args] = routerCommand(access.outputs.router!, 'bash', '-c', script);
  return boundedRun(program, args, { seconds: SECONDS });
}

/** Breaks a lab. Throws a Failure with the message of the first command that fails. */
export async function breakLab(access: Access, { name, break: script }: Drill): Promise<void> {
  const file = `drills/${name}/break.sh`;
  for (const place of script.places) {
    const { code, stdout, stderr } = await runAt(access, place, `set -eu\n${script.text}`);
    if (code === 0) continue;
    const message = (stderr || stdout).trim().split('\n').at(-1) ?? '';
    throw unable(
      `${file} failed on ${place} with exit code ${code}: ${message}`,
      `correct ${file}; ./lab verify shows whether the lab was repaired`,
    );
  }
}

/**
 * Runs the solution at each of its places, as if typed: a command that fails ends nothing. Returns
 * its output.
 */
export async function runSolution(access: Access, { places, text }: Script): Promise<string> {
  let output = '';
  for (const place of places) {
    const { stdout, stderr } = await runAt(access, place, text);
    output += `\n─── ${place} ───\n${stdout}${stderr}`;
  }
  return output;
}

/** Returns the command line of an interactive shell at a place. `setUp` is a bash command. */
export function shellAt(
  { outputs, files }: UpLab,
  place: Place,
  { setUp, size }: { setUp: string; size: { columns: number; rows: number } },
): string[] {
  const start = `stty cols ${size.columns} rows ${size.rows}; ${setUp}`;
  if (place !== 'router')
    return [
      ...['ssh', '-tt', '-F', files.sshConfig, '-o', 'ConnectTimeout=10', place],
      `${start}; exec bash --login +H -i`,
    ];
  const prompt = "export PS1='router# '";
  const inside = `${start}; ${prompt}; cd /; exec bash --norc --noprofile +H -i`;
  const command = routerCommand(outputs.router!, 'bash', '-c', inside);
  return ['script', '--quiet', '--return', '--command', command.map(quote).join(' '), '/dev/null'];
}

const quote = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`;
