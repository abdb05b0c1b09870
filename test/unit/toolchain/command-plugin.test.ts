import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import {
  commandPluginIn,
  installOfficialPlugin,
  installStandIn,
  labPulumiHome,
} from '../../../toolchain/command-plugin/install';
import { makeNodeStore } from '../../../toolchain/node-programs';

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'toolchain-plugin-'));
  process.env.HARDWAY_STATE = path.join(directory, 'state');
  process.env.HARDWAY_CACHE = path.join(directory, 'cache');
});

afterEach(() => {
  delete process.env.HARDWAY_STATE;
  delete process.env.HARDWAY_CACHE;
  fs.rmSync(directory, { recursive: true });
});

const artifact = (): string => {
  const place = path.join(directory, 'artifact');
  fs.mkdirSync(place, { recursive: true });
  fs.writeFileSync(path.join(place, 'pulumi-resource-command'), 'the real one', { mode: 0o755 });
  return place;
};

const installed = (): string => path.join(labPulumiHome(), 'plugins', 'resource-command-v1.2.1');

test('commandPluginIn finds no plugin in an empty PULUMI_HOME', () => {
  expect(commandPluginIn(labPulumiHome())).toBeUndefined();
});

test("installStandIn writes a launcher and a marker, to the labs' PULUMI_HOME only", () => {
  installStandIn();
  expect(commandPluginIn(labPulumiHome())).toBe('stand-in');
  expect(installed().startsWith(path.join(directory, 'state'))).toBe(true);
  expect(fs.readdirSync(installed()).sort()).toEqual(['pulumi-resource-command', 'stand-in']);
  expect(fs.statSync(path.join(installed(), 'pulumi-resource-command')).mode & 0o777).toBe(0o700);
});

test('installOfficialPlugin replaces the stand-in and its marker', () => {
  installStandIn();
  installOfficialPlugin(artifact());
  expect(commandPluginIn(labPulumiHome())).toBe('official');
  expect(fs.readFileSync(path.join(installed(), 'pulumi-resource-command'), 'utf8')).toBe(
    'the real one',
  );
});

test('commandPluginIn points a stand-in of another checkout to this checkout', () => {
  installStandIn();
  fs.writeFileSync(
    path.join(installed(), 'stand-in'),
    '/elsewhere/command-plugin/pulumi-resource-command\n',
  );
  expect(commandPluginIn(labPulumiHome())).toBe('stand-in');
  expect(fs.readFileSync(path.join(installed(), 'stand-in'), 'utf8')).not.toContain('/elsewhere/');
});

test('commandPluginIn ignores a partial installation by Pulumi', () => {
  installOfficialPlugin(artifact());
  fs.writeFileSync(`${installed()}.partial`, '');
  expect(commandPluginIn(labPulumiHome())).toBeUndefined();
});

test('installation leaves only the plugin in plugins/', () => {
  installOfficialPlugin(artifact());
  expect(fs.readdirSync(path.join(labPulumiHome(), 'plugins'))).toEqual([
    'resource-command-v1.2.1',
  ]);
});

test('makeNodeStore links programs and images, and creates another store for another version', async () => {
  const images = path.join(directory, 'cache', 'images', 'abc');
  fs.mkdirSync(path.join(images, 'blobs'), { recursive: true });
  fs.writeFileSync(path.join(images, 'blobs', 'one'), 'blob');
  const program = (version: string): string => {
    const file = path.join(directory, 'cache', 'programs', `etcd-${version}`, 'etcd');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, version);
    return file;
  };
  const first = await makeNodeStore({ programs: { etcd: program('1') }, images });
  expect(fs.statSync(path.join(first, 'etcd')).ino).toBe(fs.statSync(program('1')).ino);
  expect(fs.statSync(path.join(first, 'images', 'blobs', 'one')).ino).toBe(
    fs.statSync(path.join(images, 'blobs', 'one')).ino,
  );
  const second = await makeNodeStore({ programs: { etcd: program('2') }, images });
  expect(second).not.toBe(first);
  expect(fs.readFileSync(path.join(first, 'etcd'), 'utf8')).toBe('1');
});
