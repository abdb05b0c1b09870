/**
 * Where the engine runs for `./lab`, and for plain `pulumi` after `eval "$(./lab env)"`.
 *
 * The engine keeps a stack's config in Pulumi.STACK.yaml beside Pulumi.yaml and writes into it: an encryption salt when
 * it makes the stack, values it has normalised later. Beside the tracked Pulumi.yaml these are tracked files, and one
 * file can't serve several people. So the engine is given a project of its own in dist/project (ignored by git): the
 * same name, program and provider, but with `stackConfigDir` set to the state directory. Name, stack and backend being
 * the same, so is the state.
 *
 * Plain `pulumi` finds it through PULUMI_OPTION_CWD, the variable form of `--cwd`. `--config-file` would not do: it
 * names one stack's file, and `stack init` writes the salt past it. Without `lab env`, an ordinary `pulumi` reads the
 * tracked files, as in any project.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { stateDirectory } from '../components/places';
import { root } from '../components/root';

export const projectDirectory = path.join(root, 'dist/project');

/** Where each lab's config lies: it outlives the checkout, as the lab does. */
export const stacksDirectory = (): string => path.join(stateDirectory(), 'stacks');

/** Config of one lab, as the engine reads and writes it. */
export const stackFile = (stack: string): string => path.join(stacksDirectory(), `Pulumi.${stack}.yaml`);

interface Project {
  name: string;
  main?: string;
  stackConfigDir?: string;
  plugins?: { providers?: { name: string; path: string }[] };
  [key: string]: unknown;
}

const tracked = (): Project => parse(fs.readFileSync(path.join(root, 'Pulumi.yaml'), 'utf8')) as Project;

/** The project's name, before every one of its config keys: `hardway-lab`. */
export const projectName = (): string => tracked().name;

/** Replaces a file whole, and only if it says something else: the engine may be reading it. */
function place(file: string, content: string): void {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === content) return;
  const scratch = `${file}.${process.pid}`;
  fs.writeFileSync(scratch, content);
  fs.renameSync(scratch, file);
}

/** Writes dist/project from the tracked Pulumi.yaml; nothing changes if it is right already. */
export function prepareProject(): void {
  const project = tracked();
  fs.mkdirSync(projectDirectory, { recursive: true });
  fs.mkdirSync(stacksDirectory(), { recursive: true, mode: 0o700 });
  const fromHere = (file: string): string => path.relative(projectDirectory, path.resolve(root, file));
  const program = fromHere(project.main ?? '.');
  project.main = 'program.cjs';
  project.stackConfigDir = path.relative(projectDirectory, stacksDirectory());
  for (const provider of project.plugins?.providers ?? []) provider.path = fromHere(provider.path);
  place(path.join(projectDirectory, 'Pulumi.yaml'), `# Made by ./lab from Pulumi.yaml: change that one.\n${stringify(project)}`);
  // The engine takes no program outside the project's directory: this one leads there.
  place(path.join(projectDirectory, 'program.cjs'), `module.exports = require(${JSON.stringify(program)});\n`);
}
