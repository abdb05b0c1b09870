import type { Command } from 'commander';
import { classBoard } from '../classroom/board';
import { classCards } from '../classroom/cards';
import { classDrill, DRILL_AT_ONCE } from '../classroom/drill';
import { classDown, DOWN_AT_ONCE } from '../classroom/down';
import { chosen, readRoster, type Roster, type Student } from '../classroom/roster';
import { classStatus } from '../classroom/status';
import { classUp, UP_AT_ONCE } from '../classroom/up';
import { classVerify, VERIFY_AT_ONCE } from '../classroom/verify';
import { elevated } from '../elevate';
import { usage } from '../errors';
import { textIf } from '../../util/optional';
import { collectLists, parsePort } from './options';

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
    '--parallel 2, or without it for the fastest number on this host',
  );
}

/**
 * Runs one command on the chosen students of a roster. `words` follow the roster on the command
 * line. Reports every mistake of the command line and the roster first.
 */
function on(
  work: (students: Student[], asked: Asked) => Promise<number>,
  verb: string,
  ...words: string[]
) {
  return async (file: string, { only, ...options }: Typed): Promise<void> => {
    const parallel = parallelOf(options);
    if (options.watch && (options.json || !process.stdout.isTTY))
      throw usage('--watch needs a terminal.', `./lab class ${verb} ${file} --json, for programs`);
    const roster = readRoster(file, { creates: verb === 'up' });
    const students = chosen(roster, only);
    const code = await elevated(students.map(({ lab }) => lab));
    if (code !== undefined) {
      process.exitCode = code;
      return;
    }
    const again = `./lab class ${[verb, file, ...words].join(' ')}${textIf(only, ` --only ${only?.join(',')}`)}`;
    process.exitCode = await work(students, { ...options, parallel, again, roster });
  };
}

export function register(program: Command): void {
  const group = program
    .command('class')
    .description(
      'a lab for each student of a roster: up, status, board, verify, drill, cards, down',
    );
  const command = (verb: string, description: string): Command =>
    group
      .command(verb)
      .argument('<ROSTER>', 'a YAML file that lists the students; examples/students.yaml is one')
      .description(description)
      .option('--only <ID>', 'only these students; repeatable, or with commas', collectLists);
  const parallel = (of: Command, usual: number): Command =>
    of.option('--parallel <N>', `labs at a time (${usual})`);

  parallel(
    command(
      'up',
      'create or change all labs to match the roster; a failed lab stops no other; run it again to continue',
    ),
    UP_AT_ONCE,
  )
    .option('--yes', 'do not ask before creating resources that cost money')
    .action(on(classUp, 'up'));
  command(
    'status',
    'a row per student: state, nodes, checks, drift, age, expiry, cost; exit 0 if all are up without drift',
  )
    .option('--json', 'print one JSON array')
    .option('--watch', 'refresh until Ctrl-C')
    .action(on(classStatus, 'status'));
  command('board', 'serve a live page of tours and drills, and send hints; exit 0 on Ctrl-C')
    .option('--port <PORT>', 'port of the page; default: any free port', parsePort)
    .action((file: string, { port, ...typed }: Typed & { port?: number }) =>
      on((students, { roster }) => classBoard(students, { roster, port }), 'board')(file, typed),
    );
  parallel(
    command('verify', 'run the checks on all labs: a row per student, a column per check'),
    VERIFY_AT_ONCE,
  )
    .option('--json', 'print one JSON array')
    .action(on(classVerify, 'verify'));
  parallel(
    command('drill', 'start a drill on all labs; ./lab class status shows who has solved it'),
    DRILL_AT_ONCE,
  )
    .argument('<DRILL>', 'a drill of ./lab drill list')
    .action((file: string, drill: string, typed: Typed) =>
      on((students, asked) => classDrill(students, drill, asked), 'drill', drill)(file, typed),
    );
  command('cards', 'write a page per student: addresses, picture, login instructions and keys')
    .option(
      '--out <DIR>',
      'directory for the files ID.html; readable for you only, created if needed',
    )
    .option('--json', 'print one JSON array')
    .action(on(classCards, 'cards'));
  parallel(
    command('down', 'remove all labs, and search the host and the clouds for leftovers'),
    DOWN_AT_ONCE,
  )
    .option('--yes', 'do not ask for confirmation')
    .action(on(classDown, 'down'));
}
