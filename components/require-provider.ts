import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../util/repo-root';
import { CloudError } from './cloud';

const NAME = 'hardway';
const PROGRAM = `pulumi-resource-${NAME}`;

const PROJECT_FILES = ['Pulumi.yaml', 'Pulumi.yml', 'Pulumi.json'];

/** Places in which the engine looks for a provider plugin. */
interface Places {
  /** Directory of the program, in or below that of the project's Pulumi.yaml. */
  program: string;
  environment: NodeJS.ProcessEnv;
}

/** Returns the project's file in or above a directory; `undefined` if there is none. */
function projectFile(directory: string): string | undefined {
  const name = PROJECT_FILES.find((candidate) => fs.existsSync(path.join(directory, candidate)));
  if (name) return path.join(directory, name);
  const parent = path.dirname(directory);
  if (parent === directory) return undefined;
  return projectFile(parent);
}

function isNamed(file: string): boolean {
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
 * engine's own error does not say what to do. The SDK's getRootDirectory is of no use: version
 * 3.248.0 returns the text "rootDirectory".
 */
export function requireProvider(
  { program, environment }: Places = { program: process.cwd(), environment: process.env },
): void {
  const file = projectFile(program);
  // Without a project file, for example in tests with mocks, no engine looks for the provider.
  if (!file || isNamed(file) || isInstalled(environment)) return;
  const provider = path.relative(path.dirname(file), path.join(root, 'provider'));
  throw new CloudError(
    `The project does not name the provider of hardway-lab. Add to ${file}:
plugins:
  providers:
    - name: ${NAME}
      path: ${provider.startsWith('.') ? provider : `./${provider}`}`,
  );
}
