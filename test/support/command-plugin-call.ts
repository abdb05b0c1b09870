import type { Call } from '../../provider/protocol/resource-kind';

/** Call of the engine, with the lines that were shown to the user. */
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

/** Returns the error message with which a promise rejects. */
export const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no failure',
    (error: Error) => error.message,
  );
