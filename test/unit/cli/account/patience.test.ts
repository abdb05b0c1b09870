import { deletePatiently } from '../../../../cli/account/patience';

const errors = {
  isGone: ({ message }: Error): boolean => message === 'gone',
  isInUse: ({ message }: Error): boolean => message === 'in use',
};

/** Returns a deletion that fails with each message in turn and then succeeds; it counts its calls. */
function deletion(...messages: string[]): { work: () => Promise<void>; calls: () => number } {
  let calls = 0;
  const work = async (): Promise<void> => {
    const message = messages[calls++];
    if (message) throw new Error(message);
  };
  return { work, calls: () => calls };
}

const within = (seconds: number): { seconds: number; pause: number } => ({ seconds, pause: 1 });

describe('deletePatiently', () => {
  test('repeats a deletion that is refused because the resource is in use', async () => {
    const { work, calls } = deletion('in use', 'in use');
    await deletePatiently(work, errors, within(20));
    expect(calls()).toBe(3);
  });

  test('ends when the resource does not exist', async () => {
    const { work, calls } = deletion('in use', 'gone', 'in use');
    await deletePatiently(work, errors, within(20));
    expect(calls()).toBe(2);
  });

  test('fails with the last refusal at its limit', async () => {
    const { work } = deletion(...Array<string>(1000).fill('in use'));
    await expect(deletePatiently(work, errors, within(0))).rejects.toThrow('in use');
  });

  test('fails at once with any other error', async () => {
    const { work, calls } = deletion('not allowed');
    await expect(deletePatiently(work, errors, within(20))).rejects.toThrow('not allowed');
    expect(calls()).toBe(1);
  });
});
