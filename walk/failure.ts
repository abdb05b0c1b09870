/** Reason why a lab or the laptop can't take a walk now. The message is for the user. */
export class WalkFailure extends Error {
  constructor(
    message: string,
    /** Command or program that helps. */
    readonly cure: string,
  ) {
    super(message);
  }
}
