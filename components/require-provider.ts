import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { root } from '../util/repo-root';
import { CloudError } from './cloud';

const NAME = 'hardway';
const PROGRAM = `pulumi-resource-${NAME}`;

/** Places in which the engine looks for a provider plugin. */
interface Places {
  /** Directory of the project's Pulumi.yaml. */
  project: string;
  environment: NodeJS.ProcessEnv;
}

function isInProject(project: string): boolean {
  const file = ['Pulumi.yaml', 'Pulumi.yml', 'Pulumi.json']
    .map((name) => path.join(project, name))
    .find((candidate) => fs.existsSync(candidate));
  // Without a project file, for example in tests with mocks, nothing is known.
  if (!file) return true;
  const { parse } = require('yaml') as typeof import('yaml');
  const { plugins } = parse(fs.readFileSync(file, 'utf8')) as {
    plugins?: { providers?: { name: string }[] };
  };
  return plugins?.providers?.some(({ name }) => name === NAME) ?? false;
}

function isInstalled({ PATH = '', PULUMI_HOME }: NodeJS.ProcessEnv): boolean {
  if (PATH.split(':').some((directory) => fs.existsSync(path.join(directory, PROGRAM))))
    return true;
  const plugins = path.join(PULUMI_HOME || path.join(os.homedir(), '.pulumi'), 'plugins');
  return (
    fs.existsSync(plugins) &&
    fs.readdirSync(plugins).some((name) => name.startsWith(`resource-${NAME}-v`))
  );
}

/**
 * Throws a CloudError if the engine cannot find the provider `hardway`, which every lab uses. The
 * engine itself would try to download it from a place that does not have it.
 */
export function requireProvider(
  places: Places = { project: pulumi.getRootDirectory(), environment: process.env },
): void {
  if (isInProject(places.project) || isInstalled(places.environment)) return;
  const provider = path.relative(places.project, path.join(root, 'provider'));
  throw new CloudError(
    `The project does not name the provider of hardway-lab. Add to ${path.join(places.project, 'Pulumi.yaml')}:
plugins:
  providers:
    - name: ${NAME}
      path: ${provider.startsWith('.') ? provider : `./${provider}`}`,
  );
}
