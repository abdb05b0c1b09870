import { CloudError } from '../components/cloud';

/** What `./lab` exits with. */
export const EXIT = {
  well: 0,
  /** A check failed, or something is left over. */
  failed: 1,
  /** The call or the config is wrong. */
  usage: 2,
  /** The machine or the cloud can't; `./lab doctor` tells why. */
  machine: 3,
  interrupted: 130,
} as const;

/** An error that a user can do something about: printed as its message alone, without a stack trace. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
    /** What to do about it, one command or sentence. */
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

/** Somebody else is at work on the lab: nothing may be done to it now. */
export class Locked extends Failure {
  constructor(message: string, cure: string) {
    super(message, EXIT.machine, cure);
  }
}

/** The run was stopped from outside (Ctrl-C, SIGTERM). */
export class Interrupted extends Failure {
  constructor(message = 'Interrupted.', cure?: string) {
    super(message, EXIT.interrupted, cure);
  }
}

/** What is wrong and, where something can be done, below it what */
export const withCure = ({ message, cure }: Pick<Failure, 'message' | 'cure'>): string =>
  `${message}${cure ? `\nTo do: ${cure}` : ''}`;

/** Prints an error as a user should see it, on standard error; returns the exit code it stands for. */
export function report(error: unknown): number {
  const known = error instanceof Failure || error instanceof CloudError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  if (error instanceof Failure && error.cure) process.stderr.write(`To do: ${error.cure}\n`);
  if (process.env.HARDWAY_DEBUG === '1' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  else if (!known)
    process.stderr.write(
      'This should not happen. HARDWAY_DEBUG=1 before the command shows where it came from.\n',
    );
  return error instanceof Failure ? error.exitCode : EXIT.machine;
}
