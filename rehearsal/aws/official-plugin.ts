import * as fs from 'node:fs';
import * as path from 'node:path';
import { labPulumiHome, ownPulumiHome } from '../../toolchain/command-plugin/install';
import type { Sites } from '../../toolchain/download';
import { run } from '../../toolchain/run';
import { root } from '../../util/repo-root';

/** Version of the plugin that @pulumi/aws asks for. */
export const PLUGIN_VERSION = (
  JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  }
).dependencies['@pulumi/aws'];

export const PLUGIN = 'pulumi-resource-aws';
export const pluginDirectory = `resource-aws-v${PLUGIN_VERSION}`;

/** Site of Pulumi's plugins (newGetPulumiSource in the engine's workspace/plugins.go). */
const SITE = 'https://get.pulumi.com/releases/plugins';

interface Asked {
  /** Program that downloads the plugin. */
  pulumi: string;
  sites: Pick<Sites, 'reachable'>;
  tell(line: string): void;
}

/** Finds the plugin that an engine on this host has downloaded. */
const downloaded = (): string | undefined =>
  [ownPulumiHome(), labPulumiHome()]
    .map((home) => path.join(home, 'plugins', pluginDirectory, PLUGIN))
    .find((file) => fs.existsSync(file));

/**
 * Returns the official plugin, which the engine downloads if its site answers. `undefined` if that
 * is not possible.
 */
export async function officialPlugin({ pulumi, sites, tell }: Asked): Promise<string | undefined> {
  const found = downloaded();
  if (found) return found;
  if (!(await sites.reachable(SITE))) return undefined;
  tell('Downloading the AWS plugin, some hundred MB');
  const env = { ...process.env, PULUMI_HOME: labPulumiHome() };
  const words = ['plugin', 'install', 'resource', 'aws', PLUGIN_VERSION];
  const { code, stderr } = await run(pulumi, words, { env });
  if (code !== 0) tell(`The AWS plugin can't be downloaded: ${stderr.trim().split('\n').at(-1)}`);
  return downloaded();
}
