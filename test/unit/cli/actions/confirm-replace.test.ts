import { confirmReplace, refuseReplace } from '../../../../cli/actions/confirm-replace';
import { Failure } from '../../../../cli/errors';
import { parseLab } from '../../../../cli/lab/name';
import { parseConfig, type RawConfig } from '../../../../components/config';

/** Returns the question before a lab gets another config, or `undefined` if none is asked. */
async function asked(made: RawConfig, wanted: RawConfig): Promise<string | undefined> {
  let question: string | undefined;
  await confirmReplace(
    parseLab('s01'),
    parseConfig(wanted),
    parseConfig(made),
    async (text) => void (question = text),
  );
  return question;
}

describe('the question before a replacement', () => {
  test.each([
    ['nodeCidr', '10.241.0.0/24'],
    ['podCidr', '10.201.0.0/16'],
    ['mtu', '1400'],
  ])('names a new network on this host for %s', async (key, value) => {
    expect(await asked({}, { [key]: value })).toContain(
      `Lab local-s01 is up, and ${key} ${value} instead of `,
    );
    expect(await asked({ [key]: value }, { [key]: value })).toBeUndefined();
  });
  test.each([
    ['aws', 'ipFamily', 'dual'],
    ['aws', 'zone', 'us-west-2b'],
    ['aws', 'profile', 'small'],
    ['gcp', 'ipFamily', 'dual'],
    ['gcp', 'zone', 'us-west1-b'],
    ['gcp', 'profile', 'small'],
  ])('names a new network on %s for %s', async (cloud, key, value) => {
    const made = { cloud, adminCidrs: 'auto' };
    expect(await asked(made, { ...made, [key]: value })).toMatch(
      new RegExp(`^Lab local-s01 is up, and ${key} ${value} instead of .* needs a new network`),
    );
    expect(await asked(made, made)).toBeUndefined();
  });
  test.each(['controllerType', 'workerType'])(
    'names stopped or replaced nodes for %s',
    async (key) => {
      const made = { cloud: 'aws', adminCidrs: 'auto' };
      expect(await asked(made, { ...made, [key]: 't3.large' })).toBe(
        `Lab local-s01 is up, and ${key} t3.large instead of t3.small stops its nodes, or replaces them if the boot disk is of another type: then everything on them is lost.`,
      );
    },
  );
  test('names a change in place for the mtu on Google Cloud', async () => {
    const made = { cloud: 'gcp', adminCidrs: 'auto' };
    const question = await asked(made, { ...made, mtu: '1400' });
    expect(question).toMatch(
      /^Lab local-s01 is up, and mtu 1400 instead of 1460 changes its network in place\. Nodes keep/,
    );
    expect(question).not.toMatch(/another network/);
  });
  test('names every changed key', async () => {
    expect(await asked({ mtu: '1400' }, { nodeCidr: '10.241.0.0/24' })).toMatch(
      /nodeCidr 10\.241\.0\.0\/24 instead of 10\.240\.0\.0\/24, mtu 1500 instead of 1400 needs a new network.*lost/,
    );
  });
  test('is not asked for keys that change in place', async () => {
    expect(await asked({}, { ipMasq: 'false', workers: '4', memoryLimit: '4Gi' })).toBeUndefined();
  });
  test('is an error without a terminal, with the command to use', async () => {
    const refused = confirmReplace(
      parseLab('s01'),
      parseConfig({ mtu: '1400' }),
      parseConfig({}),
      refuseReplace(parseLab('s01')),
    );
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('Nothing was done'),
      cure: expect.stringContaining('./lab up local-s01 --yes'),
    });
    await expect(refused).rejects.toBeInstanceOf(Failure);
  });
});
