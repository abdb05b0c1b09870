import * as fs from 'node:fs';
import * as path from 'node:path';
import { setUpTools } from '../../../cli/actions/ensure-toolchain';
import { pluginNote, pluginsDirectory } from '../../../cli/engine/provider-plugin';
import { inPlaces, ownPlaces } from '../../support/typed';

const mockCalls: string[] = [];
jest.mock('../../../toolchain', () => ({
  ...jest.requireActual<object>('../../../toolchain'),
  plan: async (scope: string) => {
    mockCalls.push(`plan ${scope}`);
    return [];
  },
  presentTools: async () => undefined,
  ensureTools: async () => void mockCalls.push('programs of cloud labs'),
  ensure: async () => void mockCalls.push('programs, images and tree of local labs'),
}));

const progress = { say: () => undefined, summarize: () => undefined } as never;

ownPlaces();
beforeEach(() => {
  mockCalls.splice(0);
  process.env.PULUMI_HOME = inPlaces('pulumi-home');
});
afterEach(() => delete process.env.PULUMI_HOME);

test('a host with cloud labs alone installs no image, tree or program of a node', async () => {
  await setUpTools(progress);
  expect(mockCalls).toEqual(['plan cloud', 'programs of cloud labs']);
});

describe('the note about the provider plugin', () => {
  test('names the download while the engine does not have the plugin', () => {
    expect(pluginNote('aws')).toMatch(/fetched Pulumi's provider plugin for AWS .*MB/);
  });

  test('is empty if the engine has the plugin, and on a local lab', () => {
    const file = 'node_modules/@pulumi/aws/package.json';
    const { version } = JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string };
    const plugin = path.join(pluginsDirectory(), `resource-aws-v${version}`);
    fs.mkdirSync(plugin, { recursive: true });
    expect([pluginNote('aws'), pluginNote('local')]).toEqual(['', '']);
  });
});
