import type { Command, CommanderError } from 'commander';
import { CONFIG_KEYS } from '../components/config';
import { textIf } from '../util/optional';
import { nearest } from '../util/suggest';
import { type Failure, usage } from './errors';

/** Converts an error of commander to a Failure: the mistake, the command and what to type. */
type Explain = (command: Command, message: string) => Failure;

/** Commands that pass their last words to another program, with an example. */
const PASSING: Record<string, string> = {
  ssh: './lab ssh worker-0 -- ls -l',
  kubectl: './lab kubectl -- -n kube-system get pods',
};

const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : './lab';
const quoted = (message: string): string => /'([^']*)'/.exec(message)?.[1] ?? '';
const flagsOf = (command: Command): string[] => [
  ...command.options.flatMap((option) => option.long ?? []),
  '--help',
];

/** Lists other commands that have the option. */
function others(command: Command, flag: string): string[] {
  const all = command.parent?.commands ?? command.commands;
  return all.filter((one) => one !== command && flagsOf(one).includes(flag)).map(nameOf);
}

function unknownOption(command: Command, message: string): Failure {
  const flag = quoted(message).replace(/=.*/s, '');
  const wrong = `${nameOf(command)} has no option ${flag}`;
  const key = flag.replace(/^--/, '');
  if ((CONFIG_KEYS as string[]).includes(key))
    return usage(
      `${wrong}: ${key} is a config key.`,
      nameOf(command).startsWith('./lab class')
        ? `config: {${key}: VALUE} in the roster`
        : `./lab up [NAME] --set ${key}=VALUE`,
    );
  const passing = PASSING[command.name()];
  if (passing)
    return usage(
      `${wrong}; arguments for the ${command.name() === 'ssh' ? 'node' : 'kubectl program'} come after --.`,
      passing,
    );
  const near = nearest(flag, flagsOf(command));
  const known = near === '' ? others(command, flag) : [];
  return usage(
    `${wrong}${near}${textIf(known.length > 0, `: it is an option of ${known.join(', ')}`)}.`,
    `${nameOf(command)} --help lists its options`,
  );
}

/** Returns the Failure of a word that is no command of `command`. */
function unknownCommand(command: Command, word: string): Failure {
  const group = textIf(command.parent, `${command.name()} `);
  const names = command.commands.map((one) => one.name());
  return usage(
    `There is no command ${group}${word}${nearest(word, names)}.`,
    names.length > 0 ? `${nameOf(command)} --help lists them` : `${nameOf(command)} --help`,
  );
}

/** Returns the command that the words name, such as `class board`. Throws a usage Failure if none. */
function namedCommand(command: Command, [word, ...rest]: string[]): Command {
  if (word === undefined) return command;
  const found = command.commands.find((one) => one.name() === word);
  if (found) return namedCommand(found, rest);
  throw unknownCommand(command, word);
}

const asksForHelp = (word: string): boolean => word === '--help' || word === '-h';

/**
 * Returns the command of `help class board` or `class help board`; `undefined` if the words do not
 * ask for help so. The help command of commander knows one level of commands, and no mistakes.
 * Throws a usage Failure for `class bord --help`, where commander prints the help of `class`.
 */
export function helpSubject(program: Command, [first, ...rest]: string[]): Command | undefined {
  const words = rest.filter((word) => !word.startsWith('-') && word !== 'help');
  if (first === 'help') return namedCommand(program, words);
  const found = program.commands.find((one) => one.name() === first);
  if (found?.commands.length) return helpSubject(found, rest);
  const isUnknown = !found && first !== undefined && !first.startsWith('-');
  if (isUnknown && rest.some(asksForHelp)) throw unknownCommand(program, first);
  return undefined;
}

const EXPLANATIONS: Record<string, Explain> = {
  'commander.unknownCommand': (command, message) => unknownCommand(command, quoted(message)),
  'commander.unknownOption': unknownOption,
  'commander.invalidArgument': (command, message) => {
    const [, flag = '', given = '', reason = ''] =
      /option '(--\S+)[^']*' argument '(.*)' is invalid\. (.*)$/s.exec(message) ?? [];
    const [, choices] = /^Allowed choices are (.*)\.$/s.exec(reason) ?? [];
    if (choices === undefined)
      return usage(`${flag} ${given}: ${reason}`, `${nameOf(command)} --help`);
    const known = choices.split(', ');
    return usage(
      `${flag} ${given}: not one of ${choices}${nearest(given, known)}`,
      `${nameOf(command)} ${flag} ${known[0]}, or without ${flag}; --help explains it`,
    );
  },
  'commander.optionMissingArgument': (command, message) => {
    const [flag, value] = quoted(message).split(' ');
    return usage(
      `${flag} needs a value.`,
      `${nameOf(command)}${textIf(
        command.registeredArguments.some((one) => one.name() === 'NAME'),
        ' [NAME]',
      )} ${flag} ${value.replace(/[<>]/g, '')}`,
    );
  },
  'commander.missingArgument': (command, message) => {
    const word = quoted(message);
    return usage(
      `${nameOf(command)} needs a ${word}.`,
      `${nameOf(command)} ${word === 'ROSTER' ? 'students.yaml' : word}`,
    );
  },
  'commander.excessArguments': (command) => {
    const [word] = command.registeredArguments;
    const takes = word ? `takes one ${word.name()} and no other arguments` : 'takes no arguments';
    return usage(
      `${nameOf(command)} ${takes}, not: ${command.args.join(' ')}`,
      `${nameOf(command)} --help`,
    );
  },
};

/** Makes commander throw mistakes as Failures. Help and version still end as a CommanderError. */
export function explainMistakes(command: Command): void {
  command.commands.forEach(explainMistakes);
  command.configureOutput({ outputError: () => undefined });
  command.exitOverride((error: CommanderError) => {
    throw EXPLANATIONS[error.code]?.(command, error.message) ?? error;
  });
}
