import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { requireProvider } from '../../../components/require-provider';

let place: string;

beforeEach(() => {
  place = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-project-'));
});
afterEach(() => fs.rmSync(place, { recursive: true }));

function project(text: string): void {
  fs.writeFileSync(path.join(place, 'Pulumi.yaml'), text);
}

const check = (program = place): void =>
  requireProvider({
    program,
    environment: { PATH: path.join(place, 'bin'), PULUMI_HOME: path.join(place, 'home') },
  });

const OTHER = 'plugins:\n  providers: [{ name: other, path: ./other }]\n';

test.each(['name: try\n', OTHER])('a project without the provider is refused: %j', (text) => {
  project(text);
  expect(() => check()).toThrow(/does not name the provider.*Add to .*Pulumi\.yaml:\nplugins:/);
});

test('a program in a folder below its project finds the project', () => {
  project('name: try\n');
  fs.mkdirSync(path.join(place, 'src'));
  expect(() => check(path.join(place, 'src'))).toThrow('does not name the provider');
});

test('a project that names the provider is accepted', () => {
  project('plugins:\n  providers: [{ name: hardway, path: ./provider }]\n');
  expect(() => check()).not.toThrow();
});

test('a provider on PATH or in PULUMI_HOME is accepted', () => {
  project('name: try\n');
  fs.mkdirSync(path.join(place, 'home/plugins/resource-hardway-v0.1.0'), { recursive: true });
  expect(() => check()).not.toThrow();
  fs.rmSync(path.join(place, 'home'), { recursive: true });
  fs.mkdirSync(path.join(place, 'bin'));
  fs.writeFileSync(path.join(place, 'bin/pulumi-resource-hardway'), '');
  expect(() => check()).not.toThrow();
});
