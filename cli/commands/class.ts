import type { Command } from 'commander';
import { classCards } from '../classroom/cards';
import { classDown, DOWN_AT_ONCE } from '../classroom/down';
import { chosen, readRoster, type Roster, type Student } from '../classroom/roster';
import { classStatus } from '../classroom/status';
import { classUp, UP_AT_ONCE } from '../classroom/up';
import { classVerify, VERIFY_AT_ONCE } from '../classroom/verify';
import { elevated } from '../elevate';
import { usage } from '../errors';

/** Options as they were typed. */
interface Typed {
  only?: string[];
  parallel?: string;
  json?: boolean;
  watch?: boolean;
  yes?: boolean;
  out?: string;
}

interface Asked extends Pick<Typed, 'json' | 'watch' | 'yes' | 'out'> {
  roster: Roster;
  parallel?: number;
  /** Command that continues this one. */
  again: string;
}

/** Upper limit for --parallel: no host has use for more. */
const MOST = 50;

function parallelOf({ parallel }: Typed): number | undefined {
  if (parallel === undefined) return undefined;
  if (/^\d+$/.test(parallel) && Number(parallel) >= 1 && Number(parallel) <= MOST)
    return Number(parallel);
  throw usage(
    `--parallel ${parallel}: not a whole number from 1 to ${MOST}`,
    '--parallel 2, or without it as many as do this machine good',
  );
}

/**
 * Runs one command on the chosen students of a roster. Reports every mistake of the command line
 * and the roster first.
 */
function on(work: (students: Student[], asked: Asked) => Promise<number>, verb: string) {
  return async (file: string, { only, ...options }: Typed): Promise<void> => {
    const parallel = parallelOf(options);
    if (options.watch && (options.json || !process.stdout.isTTY))
      throw usage(
        '--watch draws on a terminal, and there is none for it.',
        `./lab class ${verb} ${file} --json, for programs`,
      );
    const roster = readRoster(file);
    const students = chosen(roster, only);
    const code = await elevated(students.map(({ lab }) => lab));
    if (code !== undefined) {
      process.exitCode = code;
      return;
    }
    const again = `./lab class ${verb} ${file}${only ? ` --only ${only.join(',')}` : ''}`;
    process.exitCode = await work(students, { ...options, parallel, again, roster });
  };
}

const collect = (value: string, all: string[] = []): string[] => [
  ...all,
  ...value
    .split(',')
    .map((id) => id.trim())
    .filter(Boolean),
];

export function register(program: Command): void {
  const group = program
    .command('class')
    .description('a lab for each student of a roster: up, status, verify, cards, down');
  const command = (verb: string, description: string): Command =>
    group
      .command(verb)
      .argument('<ROSTER>', 'a YAML file that lists the students; examples/students.yaml is one')
      .description(description)
      .option('--only <ID>', 'only these students; repeatable, or with commas', collect);
  const parallel = (of: Command, usual: number): Command =>
    of.option('--parallel <N>', `labs at a time (${usual})`);

  parallel(
    command(
      'up',
      'bring all labs to what the roster says; one that fails stops no other; again, it finishes what is missing',
    ),
    UP_AT_ONCE,
  )
    .option('--yes', 'do not ask before making what costs money')
    .action(on(classUp, 'up'));
  command(
    'status',
    'a row a student: state, machines, checks, drift, age, expiry, cost; exit 0 if all are up and as declared',
  )
    .option('--json', 'print one JSON array')
    .option('--watch', 'look again and again, until Ctrl-C')
    .action(on(classStatus, 'status'));
  parallel(
    command('verify', 'run the checks on all labs: a row a student, a column a check'),
    VERIFY_AT_ONCE,
  )
    .option('--json', 'print one JSON array')
    .action(on(classVerify, 'verify'));
  command('cards', 'write a page a student: addresses, picture, how to log in, and the keys for it')
    .option(
      '--out <DIR>',
      'where to, ID.html each; a directory that is yours alone, made if it is not there',
    )
    .option('--json', 'print one JSON array')
    .action(on(classCards, 'cards'));
  parallel(
    command('down', 'remove all labs, and ask machine and clouds whether anything is left'),
    DOWN_AT_ONCE,
  )
    .option('--yes', 'do not ask')
    .action(on(classDown, 'down'));
}
