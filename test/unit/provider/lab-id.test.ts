import * as rpc from '@pulumi/pulumi/proto/provider_pb';
import { labId, labIdKinds } from '../../../provider/lab-id';
import { Plugin } from '../../../provider/protocol/plugin';
import { struct } from '../../support/plugin';

const URN = 'urn:pulumi:dev::lab::hardway:lab:Lab$hardway:index:LabId::state';

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

  test('differs in no later run of the program', async () => {
    const plugin = new Plugin({ kinds: labIdKinds, version: '1.0.0' });
    const olds = struct({ value: '0a1b2c3d' });
    const checked = await plugin.check(
      new rpc.CheckRequest().setUrn(URN).setOlds(olds).setNews(struct({})),
    );
    expect(checked.getInputs()!.toJavaScript()).toEqual({ value: '0a1b2c3d' });
    const difference = await plugin.diff(
      new rpc.DiffRequest()
        .setUrn(URN)
        .setId('0a1b2c3d')
        .setOldInputs(olds)
        .setOlds(olds)
        .setNews(checked.getInputs()!),
    );
    expect(difference.getChanges()).toBe(rpc.DiffResponse.DiffChanges.DIFF_NONE);
    expect(difference.getReplacesList()).toEqual([]);
  });
});
