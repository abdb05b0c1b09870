import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { copyExample, installPacked, plainPulumi } from '../support/packed';

const EXAMPLES = ['custom-lab', 'aws', 'classroom'];

/** Program that previews a lab against mocks, with nothing but the installed package. */
const MOCKED = `
const pulumi = require('@pulumi/pulumi');
const types = [];
pulumi.runtime.setMocks({
  call: () => ({ id: 'image-1', supportedArchitectures: ['x86_64'], locations: ['us-west-2a'],
                 selfLink: 'image-1', names: ['us-west1-c'] }),
  newResource: ({ type, name, inputs }) => {
    types.push(type);
    return { id: name + '-id', state: { ...inputs, publicKey: 'ssh-ed25519 AAAA', value: '0a1b2c3d',
      time: '2026-12-01T18:00Z', certificate: 'PEM', privateKey: 'PEM', publicCidr: '198.18.0.0/24' } };
  },
}).then(async () => {
  const { Lab, planTopology } = require('hardway-lab');
  const args = JSON.parse(process.argv[2]);
  const lab = new Lab(args.cloud + '-demo', args);
  const url = await new Promise((resolve) => lab.outputs.apiServer.apply(resolve));
  await new Promise((resolve) => lab.outputs.bootstrapped.apply(resolve));
  await pulumi.runtime.disconnect();
  console.log(JSON.stringify({ url, types, routes: planTopology(args).routes.length }));
});
`;

const place = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-package-'));

beforeAll(() => {
  installPacked(place);
  for (const name of EXAMPLES) copyExample(place, name);
  fs.writeFileSync(path.join(place, 'mocked.cjs'), MOCKED);
}, 240_000);

afterAll(() => fs.rmSync(place, { recursive: true, force: true }));

/** Registers a lab's resources with mocks; returns their types and two results of the program. */
function mocked(args: object): { url: string; types: string[]; routes: number } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['mocked.cjs', JSON.stringify(args)],
    {
      cwd: place,
      encoding: 'utf8',
      env: {
        ...process.env,
        AWS_PROFILE: 'test',
        GOOGLE_OAUTH_ACCESS_TOKEN: 'of the tests',
        HARDWAY_TREE: '/nowhere',
        HARDWAY_STORE: '/nowhere',
        HARDWAY_IMAGES: '/nowhere',
      },
    },
  );
  expect({ stdout, stderr, status }).toMatchObject({ status: 0 });
  return JSON.parse(stdout) as ReturnType<typeof mocked>;
}

/** Adds the stand-in for the command plugin, which this host may be unable to download. */
function addCommandPlugin(project: string): void {
  const file = path.join(project, 'Pulumi.yaml');
  const content = parse(fs.readFileSync(file, 'utf8'));
  content.plugins.providers.push({
    name: 'command',
    path: './node_modules/hardway-lab/command-plugin',
  });
  fs.writeFileSync(file, stringify(content));
}

test('all examples pass strict type checks against the package', () => {
  const tsc = path.join(place, 'node_modules/typescript/bin/tsc');
  const options = JSON.parse(fs.readFileSync(path.join(place, 'aws/tsconfig.json'), 'utf8'));
  expect(options.compilerOptions.strict).toBe(true);
  // One run for all: loading the SDK's types takes most of the time.
  const files = EXAMPLES.map((name) => `${name}/index.ts`);
  fs.writeFileSync(path.join(place, 'tsconfig.json'), JSON.stringify({ ...options, files }));
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', '.'], {
    cwd: place,
    encoding: 'utf8',
  });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
}, 120_000);

test.each([
  ['local', {}, 'hardway:local:Instance'],
  ['aws', { zone: 'us-west-2a' }, 'aws:ec2/instance:Instance'],
  ['gcp', { project: 'my-project' }, 'gcp:compute/instance:Instance'],
])(
  'a lab on %s registers its nodes and sessions from the package',
  (cloud, rest, instance) => {
    const admins = cloud === 'local' ? {} : { adminCidrs: ['198.51.100.7/32'] };
    const { types, url, routes } = mocked({
      cloud,
      workers: 2,
      controllers: 1,
      ...admins,
      ...rest,
    });
    expect(types.filter((type) => type === instance)).toHaveLength(3);
    expect(types.filter((type) => type === 'command:remote:Command').length).toBeGreaterThan(4);
    expect(url).toMatch(/^https:\/\/.*:6443$/);
    expect(routes).toBe(2);
  },
  60_000,
);

test('pulumi previews the example custom-lab with the providers of the package', async () => {
  const project = path.join(place, 'custom-lab');
  addCommandPlugin(project);
  await plainPulumi(place, project, 'stack', 'init', 'custom');
  const { stdout, stderr, status } = await plainPulumi(place, project, 'preview');
  expect({ stdout, stderr, status }).toMatchObject({ status: 0 });
  expect(stdout).toMatch(/hardway:local:Instance\s+worker-1\s+create/);
  expect(stdout).toContain('10.51.1.0/24 via 10.50.0.21');
  expect(stdout).not.toMatch(/worker-2/);
}, 120_000);

test('a project without the provider gets the lines that it needs', async () => {
  const project = path.join(place, 'classroom');
  const file = path.join(project, 'Pulumi.yaml');
  const { plugins: _, ...rest } = parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(file, stringify(rest));
  await plainPulumi(place, project, 'stack', 'init', 'local-ada');
  const { stdout, stderr, status } = await plainPulumi(place, project, 'preview');
  expect(status).not.toBe(0);
  expect(stdout + stderr).toContain('The project does not name the provider of hardway-lab.');
  expect(stdout + stderr).toMatch(/path: \S*node_modules\/hardway-lab\/provider/);
}, 120_000);

test('pulumi package get-schema prints the schema of the packed provider', async () => {
  const provider = path.join(place, 'node_modules/hardway-lab/provider/pulumi-resource-hardway');
  const { stdout, stderr } = await plainPulumi(place, place, 'package', 'get-schema', provider);
  expect(stderr).not.toMatch(/error/);
  const schema = JSON.parse(stdout);
  expect(schema).toMatchObject({ name: 'hardway', version: '0.1.0' });
  expect(schema.resources['hardway:local:Instance'].requiredInputs).toContain('privateIp');
}, 60_000);
