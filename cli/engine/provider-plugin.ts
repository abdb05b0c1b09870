import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { labPulumiHome } from '../../toolchain';
import type { CloudName } from '../../components/config';

// The engine downloads a cloud's provider plugin at the first run that needs it, without any
// output.

/** Directory in which the engine keeps its plugins. */
export const pluginsDirectory = (): string =>
  path.join(process.env.PULUMI_HOME || labPulumiHome(), 'plugins');

/** Version of a cloud's SDK in node_modules, which is the version of its plugin. */
function versionOf(cloud: CloudName): string {
  const file = path.join(root, 'node_modules/@pulumi', cloud, 'package.json');
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Whether the engine has the plugin already. */
export const hasProviderPlugin = (cloud: Exclude<CloudName, 'local'>): boolean =>
  fs.existsSync(path.join(pluginsDirectory(), `resource-${cloud}-v${versionOf(cloud)}`));

/** Note for the step that waits for the plugin; empty if the plugin exists, or if the cloud needs none. */
export function pluginNote(cloud: CloudName): string {
  if (cloud === 'local' || hasProviderPlugin(cloud)) return '';
  return `, after the engine has fetched Pulumi's provider plugin for ${cloud.toUpperCase()} (some hundred MB, once)`;
}
