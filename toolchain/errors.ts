/**
 * An error that the user can act on. The message says what is wrong, where, and what to do. Printed
 * without a stack trace.
 */
export class ToolchainError extends Error {
  override name = 'ToolchainError';
}

/** The host of an official release cannot be reached. The program is built instead. */
export class UnreachableError extends ToolchainError {
  override name = 'UnreachableError';
  constructor(
    readonly host: string,
    reason: string,
  ) {
    super(`${host} can't be reached: ${reason}`);
  }
}
