import type { Call } from '../../provider/protocol/resource-kind';

/** The engine's call, with what was shown to its user. */
export function call(signal = new AbortController().signal): Call & { shown: string[] } {
  const shown: string[] = [];
  return {
    urn: 'urn:pulumi:s::p::command:remote:Command::step',
    shown,
    signal,
    log: (_, text) => void shown.push(text),
    status: (text) => void shown.push(text),
  };
}

/** What something fails with, in words. */
export const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no failure',
    (error: Error) => error.message,
  );
