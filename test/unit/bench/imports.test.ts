import { imports } from '../../../bench/critical-path/imports';

test.each([
  ['local', []],
  ['aws', ['aws']],
  ['gcp', ['gcp']],
] as const)(
  'stack %s loads no cloud’s SDK but its own',
  (cloud, sdks) => {
    expect(imports(cloud).sdks).toEqual(sdks);
  },
  60_000,
);
