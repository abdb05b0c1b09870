import * as fs from 'node:fs';
import type { Command } from 'commander';
import { findLab, labArgument, notUp } from '../connect';
import { Engine } from '../engine';
import { usage } from '../failure';
import { isNodeName, type Lab, parseLab } from '../names';
import { nearest } from '../nearest';
import { type LabFiles, labFiles } from '../lab-files';
import { runInForeground } from '../foreground';
import { installed } from '../set-up';

/** What `lab ssh` was asked: words before the command are NAME and NODE, or NODE alone. */
export function parseSsh(words: string[]): { lab: Lab; node: string; command: string[] } {
  const [first, second] = words;
  if (first === undefined) throw usage('Which node?', './lab ssh worker-0');
  const named = !isNodeName(first);
  const node = named ? second : first;
  if (node === undefined || node === '--') throw usage(`Which node of lab ${first}?`, `./lab ssh ${first} worker-0`);
  if (!isNodeName(node)) throw usage(`"${node}" is not a node's name: controller-0, worker-0 and so on.`);
  const rest = words.slice(named ? 2 : 1);
  return { lab: parseLab(named ? first : undefined), node, command: rest[0] === '--' ? rest.slice(1) : rest };
}

/** The lab's files: those of the last `up` or `status` if they are there, else from the state. */
async function filesOf(lab: Lab): Promise<LabFiles> {
  const files = labFiles(lab.stack);
  if (fs.existsSync(files.sshConfig)) return files;
  const found = await findLab(await Engine.open(await installed()), lab);
  if (!found) throw notUp(lab);
  return found.files;
}

async function ssh(words: string[]): Promise<void> {
  const { lab, node, command } = parseSsh(words);
  const files = await filesOf(lab);
  const nodes = [...fs.readFileSync(files.sshConfig, 'utf8').matchAll(/^Host (\S+-\d+)$/gm)].map((match) => match[1]);
  if (!nodes.includes(node)) throw usage(`Lab ${lab.stack} has no ${node}: it has ${nodes.join(', ')}${nearest(node, nodes)}.`);
  // As ssh itself does, the words are joined: quoting for the far shell is the caller's.
  const code = await runInForeground('ssh', ['-F', files.sshConfig, '-o', 'ConnectTimeout=10', node, ...(command.length > 0 ? ['--', ...command] : [])]);
  if (code === 255) process.stderr.write(`To do: ./lab status${labArgument(lab)} tells what is wrong with ${node}\n`);
  process.exitCode = code;
}

export function register(program: Command): void {
  program
    .command('ssh')
    .usage('[NAME] NODE [-- CMD...]')
    .description('log in to a node as ubuntu (with sudo), or run a command there')
    .argument('<WORDS...>', 'NAME (optional), NODE and a command')
    .passThroughOptions()
    .action(ssh);
}
