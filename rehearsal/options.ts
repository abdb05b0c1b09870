import { parseArgs } from 'node:util';
import { actsOf } from './acts';
import type { Profile } from './acts/stage';

const USAGE = 'bin/rehearse aws|gcp [--profile small] [--only ACT]… [--keep]';

export const EXIT = { failed: 1, usage: 2, impossible: 3 } as const;

/** A message for the user, and the exit code. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

export interface Options {
  profile: Profile;
  /** Keeps the last state of the lab, until the user ends the rehearsal. */
  keep: boolean;
  /** Names of the acts to play; all if empty. */
  only: string[];
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        profile: { type: 'string', default: 'full' },
        only: { type: 'string', multiple: true, default: [] },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n${USAGE}`, EXIT.usage);
  }
}

const row = (name: string, text: string): string => `  ${name.padEnd(29)} ${text}`;

/** Lists the options and the acts of each profile, in their order. */
function help(): string {
  const acts = actsOf('full').map(({ name, title }) => row(name, title));
  return [
    USAGE,
    '',
    row('--profile small', 'a lab of three nodes, without a load balancer; default: full'),
    row('--only ACT', 'plays this act only, after `up` if it needs a lab; repeatable'),
    row('--keep', 'keeps the account after the last act, until Ctrl-C'),
    '',
    'Acts of the full lab:',
    ...acts,
  ].join('\n');
}

/** Reads the command line. Returns the text to print for `--help`. Throws a Refusal. */
export function readOptions(args: string[]): Options | string {
  const { values, positionals } = parse(args);
  if (values.help) return help();
  const { profile, only, keep } = values;
  const [cloud, ...rest] = positionals;
  if (cloud === 'gcp')
    throw new Refusal(
      'The provider plugin for Google Cloud can only be downloaded, and there is no data plane for it yet.\n' +
        'Its requests are checked by the unit tests instead: see rehearsal/README.md.',
      EXIT.impossible,
    );
  if (cloud !== 'aws' || rest.length > 0) throw new Refusal(USAGE, EXIT.usage);
  if (profile !== 'full' && profile !== 'small')
    throw new Refusal(`--profile ${profile}: full or small\n${USAGE}`, EXIT.usage);
  const names = actsOf(profile).map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Refusal(`--only ${unknown}: not one of ${names.join(', ')}`, EXIT.usage);
  return { profile, only, keep };
}
