import type { DiagnosticEvent } from '@pulumi/pulumi/automation';
import { isConfigMistake } from '../../components/config';
import { cloudFailure } from './cloud-failures';
import { Failure, Locked, unable, usage } from '../errors';
import { diskFull } from '../full-disk';
import { messageOf } from '../../util/error-message';
import { textIf } from '../../util/optional';
import { wrongPassphrase } from './passphrase';
import type { Holder } from './stale-locks';
import { resourceTitle } from './urn';

/** Summaries that the engine adds to complete messages. */
const NOISE = [
  /^(update|destroy|refresh|preview|create|delete) failed$/i,
  /^Running program .* failed with an unhandled exception:?$/,
  /^Program (exited|exit) with/i,
  /^resource .*(still|pending)/i,
  /^\d+ error(s)? occurred:$/,
];

/** Removes colours, stack frames and the prefixes of language hosts from the engine's text. */
export function plainMessage(text: string): string {
  return (
    text
      .replace(/\x1b\[[0-9;]*m|<\{%[^%]*%\}>/g, '')
      // Drops the command text, which is the same for all failures; its output follows.
      .replace(/Process exited with status \d+: running "[^]*?" on [\d.]+:\n(?=\s*\S)/g, '')
      .split('\n')
      .filter((line) => !/^\s+at .*(:\d+:\d+\)?|<anonymous>\)?|\(native\))$/.test(line))
      .map((line) =>
        line.replace(/^(Unhandled exception: |RunError: |Error: |error: )+/, '').trimEnd(),
      )
      .filter((line) => !NOISE.some((noise) => noise.test(line.trim())))
      .join('\n')
      .trim()
  );
}

export const isStack = (urn: string | undefined): boolean =>
  !urn || urn.includes('::pulumi:pulumi:Stack::');

/** Maps each message of the engine to the titles of the resources that have it. */
function messagesOf(diagnostics: DiagnosticEvent[]): Map<string, Set<string>> {
  const messages = new Map<string, Set<string>>();
  for (const { urn, message } of diagnostics) {
    const text = plainMessage(message);
    if (text === '') continue;
    const titles = messages.get(text) ?? new Set();
    if (!isStack(urn)) titles.add(resourceTitle(urn!));
    messages.set(text, titles);
  }
  return messages;
}

/** Formats a message of the engine with its resources: `node worker-0; node worker-1: TEXT`. */
const messageText = ([text, titles]: [string, Set<string>]): string =>
  titles.size === 0 ? text : `${[...titles].join('; ')}: ${text}`;

/**
 * Returns the Failure of an engine run: each message once, with its resources, or the program's. Exit
 * code 2 for a mistake in the config, 3 for any other failure.
 */
export function runFailure(
  diagnostics: DiagnosticEvent[],
  fallback: string,
  cure: string,
): Failure {
  const messages = messagesOf(diagnostics);
  const full = diskFull([...messages.keys(), fallback].join('\n'), cure);
  if (full) return full;
  const resources = diagnostics.some((diagnostic) => !isStack(diagnostic.urn));
  const text =
    messages.size > 0 ? [...messages].map(messageText).join('\n') : plainMessage(fallback);
  const known = cloudFailure(text);
  if (known) return unable(`${known.message}\n${text}`, `${known.cure}. ${cure}`);
  return isConfigMistake(text) && !resources ? usage(text, cure) : unable(text, cure);
}

/** Returns the Failure for a stack that another engine has locked. */
export function lockedFailure(stack: string, found: Holder[]): Failure {
  const who = found
    .map(
      (holder) => `${holder.user} on ${holder.host}, process ${holder.pid}, since ${holder.since}`,
    )
    .join('; ');
  return new Locked(
    `Lab ${stack} is in use${textIf(who, ` by ${who}`)}.`,
    'wait until that command ends; if it is dead: eval "$(./lab env)"; pulumi cancel --stack ' +
      stack,
  );
}

/** Converts an error of the Automation API to a Failure with the engine's standard error only. */
export function engineFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = messageOf(error);
  const [, stderr = ''] = /\n ?stderr: ([\s\S]*?)(?:\n ?err\?: [\s\S]*)?$/.exec(message) ?? [];
  if (/incorrect passphrase/.test(message)) {
    return wrongPassphrase();
  }
  const [, signal] = /Command was killed with (\w+)/.exec(message) ?? [];
  if (signal) return unable(`The Pulumi engine was killed (${signal}) before it ended.`);
  const full = diskFull(message);
  if (full) return full;
  const said = plainMessage(stderr);
  const [, code] = /^code: (-?\d+)/.exec(message) ?? [];
  if (said) return unable(said);
  if (code) return unable(`The Pulumi engine ended with exit code ${code} and printed no error.`);
  return unable(plainMessage(message));
}
