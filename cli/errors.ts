import { CloudError } from '../components/cloud';
import { messageOf } from '../util/error-message';
import { textIf } from '../util/optional';

/** Exit codes of `./lab`. */
export const EXIT = {
  well: 0,
  /** A check failed, or leftovers exist. */
  failed: 1,
  /** The command line or the config is wrong. */
  usage: 2,
  /** The host or the cloud can't run the lab; `./lab doctor` shows why. */
  machine: 3,
  interrupted: 130,
} as const;

/** Returns 0 for a good result, and 1 for failed checks or leftovers. */
export function exitCodeOf(isWell: boolean): number {
  if (isWell) return EXIT.well;
  return EXIT.failed;
}

/** An error that the user can fix. Printed as its message, without a stack trace. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
    /** One command or sentence that fixes the error. */
    readonly cure?: string,
  ) {
    super(message);
    this.name = 'Failure';
  }
}

export const usage = (message: string, cure?: string): Failure =>
  new Failure(message, EXIT.usage, cure);

export const unable = (message: string, cure = './lab doctor'): Failure =>
  new Failure(message, EXIT.machine, cure);

/** Another command works on the lab, so nothing may change it now. */
export class Locked extends Failure {
  constructor(message: string, cure: string) {
    super(message, EXIT.machine, cure);
  }
}

/** A signal stopped the run (Ctrl-C, SIGTERM). */
export class Interrupted extends Failure {
  constructor(message = 'Interrupted.', cure?: string) {
    super(message, EXIT.interrupted, cure);
  }
}

/** Formats an error and, if known, its fix on the next line. */
export const withCure = ({ message, cure }: Pick<Failure, 'message' | 'cure'>): string =>
  `${message}${textIf(cure, `\nTo do: ${cure}`)}`;

/** Prints an error on standard error; returns its exit code. */
export function report(error: unknown): number {
  const known = error instanceof Failure || error instanceof CloudError;
  process.stderr.write(`${messageOf(error)}\n`);
  if (error instanceof Failure && error.cure) process.stderr.write(`To do: ${error.cure}\n`);
  if (process.env.HARDWAY_DEBUG === '1' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  else if (!known)
    process.stderr.write(
      'This is a bug. HARDWAY_DEBUG=1 before the command prints the stack trace.\n',
    );
  if (error instanceof Failure) return error.exitCode;
  return EXIT.machine;
}
