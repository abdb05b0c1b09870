/**
 * Project directory of the engine, for `./lab` and for plain `pulumi` after `eval "$(./lab env)"`.
 * The engine keeps a stack's config in Pulumi.STACK.yaml beside Pulumi.yaml and writes to it: an
 * encryption salt, normalised values. Beside the tracked Pulumi.yaml these files are tracked, and
 * several people can't share one. Therefore the engine gets its own project in dist/projects
 * (ignored by git), one per state directory. Name, program and provider are the tracked project's;
 * `stackConfigDir` is in the state directory. Name, stack and backend are the same, so the state is
 * the same. Plain `pulumi` finds the project by PULUMI_OPTION_CWD, the variable for `--cwd`.
 * `--config-file` is not enough: it names the file of one stack, and `stack init` ignores it for
 * the salt. Without `./lab env`, plain `pulumi` reads the tracked files.
 */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { stateDirectory } from '../../util/directories';
import { root } from '../../util/repo-root';

/** Returns the engine's project directory: one per state directory. */
export function projectDirectory(): string {
  const state = crypto.createHash('sha256').update(stateDirectory()).digest('hex').slice(0, 12);
  return path.join(root, 'dist/projects', state);
}

/** Returns the directory of the labs' config. It is outside the checkout, as the labs are. */
export const stacksDirectory = (): string => path.join(stateDirectory(), 'stacks');

/** Returns the config file of one lab, which the engine reads and writes. */
export const stackFile = (stack: string): string =>
  path.join(stacksDirectory(), `Pulumi.${stack}.yaml`);

/** File that says which cloud resources are a lab's, while a `down` has not removed all of them. */
export const leftoversNote = (stack: string): string =>
  path.join(stacksDirectory(), `${stack}.leftovers.json`);

interface Project {
  name: string;
  main?: string;
  stackConfigDir?: string;
  plugins?: { providers?: { name: string; path: string }[] };
  [key: string]: unknown;
}

const tracked = (): Project =>
  parse(fs.readFileSync(path.join(root, 'Pulumi.yaml'), 'utf8')) as Project;

/** Returns the project's name, the namespace of its config keys: `hardway-lab`. */
export const projectName = (): string => tracked().name;

/** Writes a file if its content changes: the engine may be reading it. */
function place(file: string, content: string): void {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === content) return;
  const scratch = `${file}.${process.pid}`;
  fs.writeFileSync(scratch, content);
  fs.renameSync(scratch, file);
}

/**
 * Writes the engine's project from the tracked Pulumi.yaml, if it changed. Returns the project's
 * directory.
 */
export function prepareProject(): string {
  const project = tracked();
  const directory = projectDirectory();
  fs.mkdirSync(directory, { recursive: true });
  fs.mkdirSync(stacksDirectory(), { recursive: true, mode: 0o700 });
  const fromHere = (file: string): string => path.relative(directory, path.resolve(root, file));
  const program = fromHere(project.main ?? '.');
  project.main = 'program.cjs';
  project.stackConfigDir = path.relative(directory, stacksDirectory());
  for (const provider of project.plugins?.providers ?? []) provider.path = fromHere(provider.path);
  place(
    path.join(directory, 'Pulumi.yaml'),
    `# Made by ./lab from Pulumi.yaml: change that one.\n${stringify(project)}`,
  );
  // The engine accepts no program outside the project's directory, so this file loads it.
  place(
    path.join(directory, 'program.cjs'),
    `module.exports = require(${JSON.stringify(program)});\n`,
  );
  return directory;
}
