import { ToolchainError } from '../../toolchain';

/** Result of one probe. */
export interface Finding {
  id: string;
  title: string;
  /** fail: no lab can be created; warn: one can, with a disadvantage; note: nothing to do in most cases. */
  status: 'ok' | 'note' | 'warn' | 'fail';
  /** State of the examined part. */
  found: string;
  /** Fix. Empty if nothing is wrong. */
  cure: string;
}

/**
 * Examines one part of the host or an account without lasting changes. An exception becomes a
 * failed finding.
 */
export interface Probe {
  id: string;
  title: string;
  look(): Promise<Omit<Finding, 'id' | 'title'>> | Omit<Finding, 'id' | 'title'>;
}

export const ok = (found: string): Omit<Finding, 'id' | 'title'> => ({
  status: 'ok',
  found,
  cure: '',
});
export const note = (found: string): Omit<Finding, 'id' | 'title'> => ({
  status: 'note',
  found,
  cure: '',
});
export const warn = (found: string, cure: string): Omit<Finding, 'id' | 'title'> => ({
  status: 'warn',
  found,
  cure,
});
export const fail = (found: string, cure: string): Omit<Finding, 'id' | 'title'> => ({
  status: 'fail',
  found,
  cure,
});

/**
 * Runs one probe. An exception becomes a failed finding with its message. A ToolchainError is for
 * the user, and says what to do.
 */
export async function findingOf({ id, title, look }: Probe): Promise<Finding> {
  try {
    return { id, title, ...(await look()) };
  } catch (error) {
    if (error instanceof ToolchainError) return { id, title, ...fail(error.message, '') };
    return {
      id,
      title,
      ...fail(
        `could not be checked: ${(error as Error).message.split('\n')[0]}`,
        'run HARDWAY_DEBUG=1 ./lab doctor and report the output as a bug',
      ),
    };
  }
}
