import { inPlaces, ownPlaces, typed } from '../../../support/typed';

jest.mock('../../../../cli/actions/ensure-toolchain', () => ({
  installed: async () => ({
    pulumi: '/programs/pulumi',
    languageHostDirectory: '/programs/language',
    pulumiHome: '/programs/home',
  }),
}));

ownPlaces();

test('./lab env lists the variables for sudo by name, because sudo-rs ignores -E', async () => {
  const { code, printed } = await typed('env');
  expect(code).toBe(0);
  const [, names, rest] = /^# Local labs need root: sudo --preserve-env=(\S+) (.*)$/m.exec(
    printed,
  )!;
  const exported = [...printed.matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
  expect(exported).toContain('HARDWAY_STATE');
  expect(names.split(',').sort()).toEqual(exported.filter((name) => name !== 'PATH').sort());
  expect(rest).toBe('env "PATH=$PATH" pulumi preview --stack local');
  expect(printed).toContain(`export HARDWAY_STATE=${inPlaces('state')}`);
});
