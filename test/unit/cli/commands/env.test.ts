import { inPlaces, ownPlaces, typed } from '../../../support/typed';

jest.mock('../../../../cli/actions/ensure-toolchain', () => ({
  installed: async () => ({
    pulumi: '/programs/pulumi',
    languageHostDirectory: '/programs/language',
    pulumiHome: '/programs/home',
  }),
}));

ownPlaces();

test('./lab env gives root each variable as an argument, because sudo-rs keeps none', async () => {
  const { code, printed } = await typed('env');
  expect(code).toBe(0);
  const [, words] = /^# Local labs need root: sudo env (.*) pulumi preview --stack local$/m.exec(
    printed,
  )!;
  const exported = [...printed.matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
  expect(exported).toContain('HARDWAY_STATE');
  expect(words.split(' ').sort()).toEqual(exported.map((name) => `"${name}=$${name}"`).sort());
  expect(printed).toContain(`export HARDWAY_STATE=${inPlaces('state')}`);
});
