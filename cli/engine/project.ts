/**
 * Where the engine runs for `./lab`, and for plain `pulumi` after `eval "$(./lab env)"`.
 *
 * The engine keeps a stack's config in Pulumi.STACK.yaml beside Pulumi.yaml and writes into it: an encryption salt when
 * it makes the stack, values it has normalised later. Beside the tracked Pulumi.yaml these are tracked files, and one
 * file can't serve several people. So the engine is given a project of its own in dist/projects (ignored by git; one
 * for each state directory, so that a test's labs and a student's don't meet): the same name, program and provider, but
 * with `stackConfigDir` set to the state directory. Name, stack and backend being the same, so is the state.
 *
 * Plain `pulumi` finds it through PULUMI_OPTION_CWD, the variable form of `--cwd`. `--config-file` would not do: it
 * names one stack's file, and `stack init` writes the salt past it. Without `lab env`, an ordinary `pulumi` reads the
 * tracked files, as in any project.
 */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { stateDirectory } from '../../util/directories';
import { root } from '../../util/repo-root';

/** Where the engine runs: one for each state directory. */
export function projectDirectory(): string {
  const state = crypto.createHash('sha256').update(stateDirectory()).digest('hex').slice(0, 12);
  return path.join(root, 'dist/projects', state);
}

/** Where each lab's config lies: it outlives the checkout, as the lab does. */
export const stacksDirectory = (): string => path.join(stateDirectory(), 'stacks');

/** Config of one lab, as the engine reads and writes it. */
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

/** The project's name, before every one of its config keys: `hardway-lab`. */
export const projectName = (): string => tracked().name;

/** Replaces a file whole, and only if it says something else: the engine may be reading it. */
function place(file: string, content: string): void {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === content) return;
  const scratch = `${file}.${process.pid}`;
  fs.writeFileSync(scratch, content);
  fs.renameSync(scratch, file);
}

/** Writes the engine's project from the tracked Pulumi.yaml; nothing changes if it is right already. Returns where it is. */
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
  // The engine takes no program outside the project's directory: this one leads there.
  place(
    path.join(directory, 'program.cjs'),
    `module.exports = require(${JSON.stringify(program)});\n`,
  );
  return directory;
}
