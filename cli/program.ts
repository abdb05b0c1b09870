import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command, CommanderError } from 'commander';
import { root } from '../util/repo-root';
import { register as registerAudit } from './commands/audit';
import { register as registerCheckpoints } from './commands/checkpoints';
import { register as registerClass } from './commands/class';
import { register as registerClean } from './commands/clean';
import { register as registerDoctor } from './commands/doctor';
import { register as registerDrill } from './commands/drill';
import { register as registerDown } from './commands/down';
import { register as registerEnv } from './commands/env';
import { register as registerKubectl } from './commands/kubectl';
import { register as registerList } from './commands/list';
import { register as registerExtend } from './commands/extend';
import { register as registerReap } from './commands/reap';
import { register as registerRecreate } from './commands/recreate';
import { register as registerSetup } from './commands/setup';
import { register as registerSsh } from './commands/ssh';
import { register as registerStart } from './commands/start';
import { register as registerStatus } from './commands/status';
import { register as registerTest } from './commands/test';
import { register as registerTour } from './commands/tour';
import { register as registerUp } from './commands/up';
import { register as registerVerify } from './commands/verify';
import { register as registerWalk } from './commands/walk';
import { EXIT, Failure, report } from './errors';
import { diskFull } from './full-disk';
import { explainMistakes, helpSubject } from './usage-errors';

const COMMANDS = [
  registerSetup,
  registerStart,
  registerUp,
  registerVerify,
  registerWalk,
  registerDrill,
  registerTour,
  registerSsh,
  registerKubectl,
  registerStatus,
  registerList,
  registerRecreate,
  registerCheckpoints,
  registerExtend,
  registerDown,
  registerReap,
  registerClass,
  registerAudit,
  registerClean,
  registerDoctor,
  registerEnv,
  registerTest,
];

/** Exit codes of every command, with their meaning. */
export const EXIT_CODES: Record<number, string> = {
  [EXIT.well]: 'success',
  [EXIT.failed]: 'a check failed',
  [EXIT.usage]: 'usage or config',
  [EXIT.machine]: "the host or the cloud can't (./lab doctor)",
  [EXIT.interrupted]: 'interrupted',
};

const exitCodes = Object.entries(EXIT_CODES)
  .map(([code, meaning]) => `${code} ${meaning}`)
  .join(', ');

const EPILOGUE = `
NAME is a lab: local (the default), aws or gcp, or one of these with an id, such as aws-s01; an id alone means local-ID.
Exit codes: ${exitCodes}.
`;

const version = (): string =>
  (JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string })
    .version;

/**
 * Builds the command line. A mistake is thrown as a usage Failure; help and version end as a
 * CommanderError.
 */
export function commandLine(): Command {
  const program = new Command('./lab')
    .description(
      'A Kubernetes lab with a network that you can take apart: six nodes, or three. ' +
        'Its checks are the rows of the article "Kubernetes Networking: Behind the Scenes".',
    )
    .version(version())
    .enablePositionalOptions()
    .configureHelp({
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace('[options] ', '')}`,
    })
    .addHelpText('after', EPILOGUE);
  for (const register of COMMANDS) register(program);
  explainMistakes(program);
  return program;
}

/**
 * Runs a command line, given without the program's name. Prints everything; returns the exit code.
 */
export async function main(words: string[]): Promise<number> {
  try {
    process.exitCode = EXIT.well;
    const program = commandLine();
    helpSubject(program, words)?.help();
    await program.parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? EXIT.well);
  } catch (error) {
    // The user asked for help or the version, or gave no command.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.well : EXIT.usage;
    return report(error instanceof Failure ? error : (diskFull(String(error)) ?? error));
  }
}
