import * as fs from 'node:fs';
import type { Command } from 'commander';
import { findLab, installCure, notUp } from '../lab/access';
import { Engine } from '../engine';
import { usage } from '../errors';
import { runInForeground } from '../ui/foreground';
import { labFiles } from '../lab/files';
import { labArgument, DEFAULT_LAB, isStackName, type LabRef, parseLab } from '../lab/name';
import { installed } from '../actions/ensure-toolchain';

/**
 * Parses the words of `./lab kubectl`. A word before `--` is NAME. Without `--`, a first word that
 * is a stack's full name is NAME. commander drops a leading `--`.
 */
export function parseKubectl(words: string[]): { lab: LabRef; args: string[] } {
  const [first] = words;
  if (words[1] === '--') return { lab: parseLab(first), args: words.slice(2) };
  if (first !== undefined && isStackName(first))
    return { lab: parseLab(first), args: words.slice(1) };
  return { lab: parseLab(), args: words };
}

/** Throws a usage Failure for words that kubectl can't use: no words, or the id of a lab alone. */
function refuseMistakes({ lab, args }: ReturnType<typeof parseKubectl>): void {
  if (args.length === 0)
    throw usage('Missing arguments for kubectl.', `./lab kubectl${labArgument(lab)} -- get nodes`);
  const named = `${DEFAULT_LAB}-${args[0]}`;
  if (/^[a-z0-9-]+$/.test(args[0]) && fs.existsSync(labFiles(named).directory)) {
    throw usage(
      `${args[0]} is a lab's name, and kubectl would read it as a command.`,
      `./lab kubectl ${args[0]} -- ${args.slice(1).join(' ') || 'get nodes'}`,
    );
  }
}

async function kubectl(words: string[]): Promise<void> {
  const asked = parseKubectl(words);
  refuseMistakes(asked);
  const { lab, args } = asked;
  const toolchain = await installed(installCure(lab));
  let { kubeconfig } = labFiles(lab.stack);
  if (!fs.existsSync(kubeconfig)) {
    const found = await findLab(await Engine.open(toolchain), lab);
    if (!found) throw notUp(lab);
    kubeconfig = found.files.kubeconfig;
    if (!found.outputs.kubeconfig)
      throw usage(
        `Lab ${lab.stack} is at stage ${found.outputs.stage}: it has no Kubernetes.`,
        `./lab up ${lab.stack} --stage cluster`,
      );
  }
  process.exitCode = await runInForeground(toolchain.kubectl, args, { KUBECONFIG: kubeconfig });
}

export function register(program: Command): void {
  program
    .command('kubectl')
    .usage('[NAME] -- ARGS...')
    .description("run kubectl as the lab's admin")
    .argument('[WORDS...]', "NAME (optional), then kubectl's arguments after --")
    .passThroughOptions()
    .action(kubectl);
}
