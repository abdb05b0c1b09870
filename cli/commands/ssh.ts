import * as fs from 'node:fs';
import type { Command } from 'commander';
import { findLab, installCure, notUp } from '../lab/access';
import { Engine } from '../engine';
import { usage } from '../errors';
import { labArgument, isNodeName, type LabRef, parseLab } from '../lab/name';
import { itemsIf } from '../../util/optional';
import { nearest, nearestOf } from '../../util/suggest';
import { type LabFiles, labFiles } from '../lab/files';
import { runInForeground } from '../ui/foreground';
import { installed } from '../actions/ensure-toolchain';

/** Names that nodes can have. */
const NODES = [
  ...[0, 1, 2].map((index) => `controller-${index}`),
  ...Array.from({ length: 9 }, (_, index) => `worker-${index}`),
];

/** Returns the node that a mistyped word may mean: `worker0`, `Worker-0`, `ubuntu@worker-0`. */
const meant = (word: string): string | undefined => nearestOf(word.replace(/^.*@/, ''), NODES, 2);

/** Returns the Failure for a word that is no node's name, with the nearest name. */
function notANode(word: string, name = ''): Error {
  if (word === 'router')
    return usage(
      "The VPC's router is no node: it is a network namespace of this host.",
      `sudo ip -n hardway.${parseLab(name || undefined).stack}.router route`,
    );
  return usage(
    `"${word}" is not a node: nodes are controller-0, worker-0 and so on.`,
    `./lab ssh ${name && `${name} `}${meant(word) ?? 'worker-0'}`,
  );
}

/** Parses the words of `./lab ssh`: before the command, NAME and NODE, or NODE alone. */
export function parseSsh(words: string[]): { lab: LabRef; node: string; command: string[] } {
  const [first, second] = words;
  if (first === undefined) throw usage('Missing node.', './lab ssh worker-0');
  if (isNodeName(first))
    return { lab: parseLab(), node: first, command: withoutDashes(words.slice(1)) };
  if (second !== undefined && isNodeName(second))
    return { lab: parseLab(first), node: second, command: withoutDashes(words.slice(2)) };
  if (first === 'router' || meant(first)) throw notANode(first);
  const lab = parseLab(first);
  if (second === undefined || second === '--')
    throw usage(`Missing node of lab ${lab.stack}.`, `./lab ssh ${first} worker-0`);
  throw notANode(second, first);
}

const withoutDashes = (words: string[]): string[] => (words[0] === '--' ? words.slice(1) : words);

/** Returns the lab's files: existing ones, or new ones from the state. */
async function filesOf(lab: LabRef): Promise<LabFiles> {
  const files = labFiles(lab.stack);
  if (fs.existsSync(files.sshConfig)) return files;
  const found = await findLab(await Engine.open(await installed(installCure(lab))), lab);
  if (!found) throw notUp(lab);
  return found.files;
}

async function ssh(words: string[]): Promise<void> {
  const { lab, node, command } = parseSsh(words);
  const files = await filesOf(lab);
  const nodes = [...fs.readFileSync(files.sshConfig, 'utf8').matchAll(/^Host (\S+-\d+)$/gm)].map(
    (match) => match[1],
  );
  if (!nodes.includes(node))
    throw usage(
      `Lab ${lab.stack} has no ${node}${nearest(node, nodes)}: it has ${nodes.join(', ')}.`,
      `./lab status${labArgument(lab)}`,
    );
  // Words are joined as ssh joins them: quoting for the remote shell is up to the user.
  const code = await runInForeground('ssh', [
    '-F',
    files.sshConfig,
    '-o',
    'ConnectTimeout=10',
    node,
    ...itemsIf(command.length > 0, '--', ...command),
  ]);
  if (code === 255)
    process.stderr.write(
      `To do: ./lab status${labArgument(lab)} shows what is wrong with ${node}\n`,
    );
  process.exitCode = code;
}

export function register(program: Command): void {
  program
    .command('ssh')
    .usage('[NAME] NODE [-- CMD...]')
    .description('log in to a node as ubuntu (with sudo), or run a command there')
    .argument('[WORDS...]', 'NAME (optional), NODE and a command')
    .passThroughOptions()
    .action(ssh);
}
