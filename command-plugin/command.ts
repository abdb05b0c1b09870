import { randomBytes } from 'node:crypto';
import { changedInputs } from '../provider/protocol/diff';
import type { Call, Failure, Properties, ResourceKind } from '../provider/protocol/resource-kind';
import { fieldsIf } from '../util/optional';
import { connectionMistakes, type Connection } from './connection';
import { runCommand, type CommandOutput } from './run';

const LOGGING = ['stdout', 'stderr', 'stdoutAndStderr', 'none'] as const;

interface CommandInputs {
  connection: Connection;
  create?: string;
  update?: string;
  delete?: string;
  stdin?: string;
  /** A change of any of them replaces the resource, even where there is an update command. */
  triggers?: unknown[];
  /**
   * Passes the output of the previous command in PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR.
   * Default true.
   */
  addPreviousOutputInEnv?: boolean;
  /** Output to display while the command runs. Default stdoutAndStderr. */
  logging?: (typeof LOGGING)[number];
}

type CommandState = CommandInputs & CommandOutput;

const TEXTS = ['create', 'update', 'delete', 'stdin'];
const INPUTS = [
  ...TEXTS,
  'connection',
  'triggers',
  'addPreviousOutputInEnv',
  'logging',
  'environment',
];

function mistakes(news: Properties): Failure[] {
  const failures: Failure[] = connectionMistakes(news.connection).map((reason) => ({
    property: 'connection',
    reason,
  }));
  const refuse = (property: string, reason: string): void =>
    void failures.push({ property, reason });
  for (const name of Object.keys(news))
    if (!INPUTS.includes(name)) refuse(name, `a remote command has no property ${name}`);
  for (const name of TEXTS)
    if (news[name] !== undefined && typeof news[name] !== 'string')
      refuse(name, `${name} must be a text`);
  if (news.triggers !== undefined && !Array.isArray(news.triggers))
    refuse('triggers', 'triggers must be a list');
  if (news.logging !== undefined && !LOGGING.includes(news.logging))
    refuse('logging', `logging must be one of ${LOGGING.join(', ')}`);
  if (Object.keys(news.environment ?? {}).length > 0) {
    refuse(
      'environment',
      'the stand-in for the command plugin sets no environment: write VAR=value before the command',
    );
  }
  return failures;
}

async function run(
  command: string | undefined,
  inputs: CommandInputs,
  previous: CommandOutput,
  call: Call | undefined,
): Promise<CommandState> {
  if (command === undefined) return { ...inputs, ...previous };
  const logging = inputs.logging ?? 'stdoutAndStderr';
  const passPrevious = inputs.addPreviousOutputInEnv ?? true;
  const ran = await runCommand(
    {
      connection: inputs.connection,
      command,
      stdin: inputs.stdin,
      variables: fieldsIf(passPrevious, {
        PULUMI_COMMAND_STDOUT: previous.stdout,
        PULUMI_COMMAND_STDERR: previous.stderr,
      }),
      logStdout: logging === 'stdout' || logging === 'stdoutAndStderr',
      logStderr: logging === 'stderr' || logging === 'stdoutAndStderr',
    },
    call,
  );
  return { ...inputs, ...ran };
}

const NOTHING: CommandOutput = { stdout: '', stderr: '' };
const printed = (state: CommandState): CommandOutput => ({
  stdout: state.stdout ?? '',
  stderr: state.stderr ?? '',
});

/**
 * A command that runs on a node over SSH, as documented for version 1.2.1 of the official plugin.
 * As there, the connection is a secret, and the output is not unless additionalSecretOutputs lists
 * it. Unlike there, output that contains a secret input is a secret.
 */
export const remoteCommand: ResourceKind<CommandInputs, CommandState> = {
  secrets: ['connection'],
  sensitive(properties, secret) {
    const { privateKey, password, privateKeyPassword, proxy } = properties.connection ?? {};
    const others = [...secret]
      .filter((name) => name !== 'connection')
      .map((name) => properties[name]);
    return [privateKey, password, privateKeyPassword, proxy?.privateKey, ...others];
  },
  async check(news, _olds, unknown) {
    const failures = mistakes(news).filter(({ property }) => !unknown.has(property));
    return { inputs: news, failures };
  },
  async diff(olds, news, unknown) {
    const inputs = Object.fromEntries(
      Object.entries(olds).filter(([name]) => INPUTS.includes(name)),
    );
    const changed = changedInputs(inputs, inputs, news, unknown);
    return {
      changed,
      replace: changed.filter((name) => name === 'triggers'),
      deleteBeforeReplace: false,
    };
  },
  async create(inputs, call) {
    const name = call?.urn.split('::').at(-1) ?? 'command';
    return {
      id: `${name}${randomBytes(4).toString('hex')}`,
      state: await run(inputs.create, inputs, NOTHING, call),
    };
  },
  async update(_id, olds, news, call) {
    return run(news.update ?? news.create, news, printed(olds), call);
  },
  async delete(_id, state, call) {
    await run(state.delete, state, printed(state), call);
  },
};
