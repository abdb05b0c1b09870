import { labId } from '../../provider/lab-id';

const chosen = async (olds?: { value: string }): Promise<string> =>
  (await labId.check!({}, olds, new Set())).inputs.value;

describe('the id of a lab', () => {
  test('is eight random hexadecimal digits', async () => {
    const ids = [await chosen(), await chosen()];
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('stays the one that the state holds', async () =>
    expect(await chosen({ value: '0a1b2c3d' })).toBe('0a1b2c3d'));

  test('is in the state and nowhere else', async () =>
    expect(await labId.create({ value: '0a1b2c3d' })).toEqual({
      id: '0a1b2c3d',
      state: { value: '0a1b2c3d' },
    }));
});
