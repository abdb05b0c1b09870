import type { Command } from 'commander';
import { engineEnvironment } from '../environment';
import { prepareProject } from '../project';
import { installed } from '../set-up';
import { print } from '../terminal';

/** A value as a shell reads it back. */
export const quoted = (value: string): string => (/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replace(/'/g, `'\\''`)}'`);

async function env({ unset }: { unset?: boolean }): Promise<void> {
  const found = await installed();
  prepareProject();
  const environment = engineEnvironment(found);
  print('# For plain pulumi on the labs, in this shell: eval "$(./lab env)". With --unset it takes them away again.');
  for (const [name, value] of Object.entries(environment)) {
    if (!unset) print(`export ${name}=${quoted(value)}`);
    else if (name !== 'PATH') print(`unset ${name}`);
  }
}

export function register(program: Command): void {
  program
    .command('env')
    .description('print what a shell needs for plain pulumi here: eval "$(./lab env)"')
    .option('--unset', 'print what undoes it (PATH stays)')
    .action(env);
}
