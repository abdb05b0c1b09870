import { poll } from '../../util/poll';

/** Limits of one deletion in a cloud. */
export interface Patience {
  /**
   * Seconds until a refused deletion fails. A cloud refuses it while another resource uses this
   * one.
   */
  seconds: number;
  /** Milliseconds between two requests. */
  pause: number;
}

/** Meaning of an error of a cloud's API. */
interface Errors {
  /** Whether the resource does not exist. */
  isGone: (error: Error) => boolean;
  /** Whether the refusal ends when another deletion has ended. */
  isInUse: (error: Error) => boolean;
}

/** Repeats a deletion until the cloud accepts it, or reports that the resource does not exist. */
export async function deletePatiently(
  work: () => Promise<unknown>,
  { isGone, isInUse }: Errors,
  { seconds, pause }: Patience,
): Promise<void> {
  const refusal = await poll(
    () =>
      work().then(
        () => undefined,
        (error: Error) => {
          if (isGone(error)) return undefined;
          if (isInUse(error)) return error;
          throw error;
        },
      ),
    { limit: seconds * 1000, interval: pause, satisfies: (error) => error === undefined },
  );
  if (refusal) throw refusal;
}
