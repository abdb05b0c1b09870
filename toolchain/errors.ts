/** What a person can act on: the message says what is wrong, where, and what to do. Told without a stack trace. */
export class ToolchainError extends Error {
  override name = 'ToolchainError';
}

/** The host of an official file can't be reached from here: building is the way then. */
export class UnreachableError extends ToolchainError {
  override name = 'UnreachableError';
  constructor(
    readonly host: string,
    reason: string,
  ) {
    super(`${host} can't be reached: ${reason}`);
  }
}
