import type { Command } from 'commander';
import { TOOLCHAIN_VARIABLES } from '../../toolchain';
import {
  cacheDirectory,
  cloudDirectory,
  hostDirectory,
  stateDirectory,
} from '../../util/directories';
import { fieldsIf, itemsIf } from '../../util/optional';
import { engineEnvironment, prepareProject } from '../engine';
import { installed } from '../actions/ensure-toolchain';
import { print } from '../ui/prompt';

/** Quotes a value for a shell. */
export const quoted = (value: string): string =>
  /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replace(/'/g, `'\\''`)}'`;

/**
 * Returns the absolute paths of this program's directories: pulumi may run in any directory and
 * with another HOME.
 */
export function ownPlaces(): Record<string, string> {
  return {
    HARDWAY_STATE: stateDirectory(),
    HARDWAY_CACHE: cacheDirectory(),
    ...Object.fromEntries(
      Object.values(TOOLCHAIN_VARIABLES).flatMap((name) =>
        itemsIf(process.env[name], [name, process.env[name]]),
      ),
    ),
    ...fieldsIf(process.env.HARDWAY_CLOUD, { HARDWAY_CLOUD: cloudDirectory() }),
    ...fieldsIf(process.env.HARDWAY_HOST, { HARDWAY_HOST: hostDirectory() }),
  };
}

async function env({ unset }: { unset?: boolean }): Promise<void> {
  const found = await installed();
  prepareProject();
  const environment = { ...engineEnvironment(found), ...ownPlaces() };
  print(
    '# For plain pulumi on the labs, in this shell: eval "$(./lab env)". Add --unset to undo it.',
  );
  // Arguments of env, because sudo-rs ignores -E (Ubuntu 25.10) and --preserve-env (Debian 13).
  const variables = Object.keys(environment).map((name) => `"${name}=$${name}"`);
  print(`# Local labs need root: sudo env ${variables.join(' ')} pulumi preview --stack local`);
  for (const [name, value] of Object.entries(environment)) {
    if (!unset) print(`export ${name}=${quoted(value)}`);
    else if (name !== 'PATH') print(`unset ${name}`);
  }
}

export function register(program: Command): void {
  program
    .command('env')
    .description(
      'print environment variables for plain pulumi in this checkout: eval "$(./lab env)"',
    )
    .option('--unset', 'print commands that undo it (PATH stays)')
    .action(env);
}
