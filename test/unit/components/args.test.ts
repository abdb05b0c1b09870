import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab, planTopology, publicCidr } from '../../../components';
import { CONFIG_KEYS, configOf, defaultOf, parseConfig } from '../../../components/config';
import { interfacesOf, parsed, propertiesOf, tagOf } from '../../../bench/reference/declarations';
import { root } from '../../../util/repo-root';

const ADMIN = { adminCidrs: ['198.51.100.7/32'] };

test("no arguments give the article's lab", () => {
  expect(configOf({})).toEqual(parseConfig({}));
});

test.each([
  [{ workers: 2, ipMasq: false, memoryLimit: '4Gi', jumpCidrs: ['192.0.2.0/24'] }],
  [{ cloud: 'aws' as const, profile: 'small' as const, ...ADMIN }],
  [{ cloud: 'gcp' as const, project: 'my-project', ...ADMIN }],
])('a complete config as arguments gives an equal config: %j', (args) => {
  const config = configOf(args);
  expect(configOf(config)).toEqual(config);
  expect(config).toMatchObject({ ...args, memoryLimit: config.memoryLimit });
});

test('an argument that the cloud ignores is a mistake', () => {
  expect(() => configOf({ region: 'us-west-2' })).toThrow('cloud local has no use for it');
});

test('planTopology routes to each worker the /24 of the worker’s pods', () => {
  const { routes } = planTopology({ workers: 2, podCidr: '10.51.0.0/16' });
  expect(routes.map(({ destination, nextHop }) => [destination, nextHop])).toEqual([
    ['10.51.0.0/24', 'worker-0'],
    ['10.51.1.0/24', 'worker-1'],
  ]);
});

test('Lab refuses a wrong name and the CIDR auto before it creates a resource', () => {
  expect(() => new Lab('My_Lab')).toThrow('"My_Lab" can\'t name a lab');
  expect(() => new Lab('aws-s01', { cloud: 'aws', adminCidrs: ['auto'] })).toThrow('publicCidr()');
});

test('publicCidr returns the address as a CIDR', async () => {
  expect(await publicCidr(async () => '198.51.100.7')).toBe('198.51.100.7/32');
});

describe('LabArgs', () => {
  const file = parsed(path.join(root, 'components/config/args.ts'));
  const properties = propertiesOf(interfacesOf([file]).get('LabArgs')!);

  test('has one argument for each config key, with default and example', () => {
    expect(properties.map(({ name }) => name).sort()).toEqual([...CONFIG_KEYS].sort());
    expect(properties.filter(({ node }) => !tagOf(node, 'default'))).toEqual([]);
    expect(properties.filter(({ node }) => !tagOf(node, 'example'))).toEqual([]);
  });

  test('documents the config’s defaults', () => {
    const wrong = properties.flatMap(({ name, node }) => {
      const values = (['local', 'aws', 'gcp'] as const).map(
        (cloud) => defaultOf(name as (typeof CONFIG_KEYS)[number], cloud) ?? '',
      );
      const text = tagOf(node, 'default').replace(/'/g, '"');
      return values.filter((value) => !text.includes(value)).map((value) => `${name}: ${value}`);
    });
    expect(wrong).toEqual([]);
  });
});

test.each(['custom-lab', 'aws', 'classroom'])(
  'the example %s uses the versions of this package',
  (name) => {
    const read = (directory: string): any =>
      JSON.parse(fs.readFileSync(path.join(root, directory, 'package.json'), 'utf8'));
    const [example, own] = [read(`examples/${name}`), read('.')];
    expect(example.dependencies).toEqual({
      '@pulumi/pulumi': own.dependencies['@pulumi/pulumi'],
      'hardway-lab': `file:../../hardway-lab-${own.version}.tgz`,
    });
    for (const dependency of ['typescript', '@types/node'])
      expect(example.devDependencies[dependency]).toBe(own.devDependencies[dependency]);
  },
);
