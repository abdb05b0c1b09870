import * as fs from 'node:fs';
import type { Command } from 'commander';
import { findLab, notUp } from '../connect';
import { Engine } from '../engine';
import { usage } from '../failure';
import { runInForeground } from '../foreground';
import { labFiles } from '../lab-files';
import { isStackName, type Lab, parseLab } from '../names';
import { installed } from '../set-up';

/**
 * What `lab kubectl` was asked. A word before `--` is NAME; without `--`, a first word that is a stack's full name is.
 * (commander drops a `--` that comes first.)
 */
export function parseKubectl(words: string[]): { lab: Lab; args: string[] } {
  if (words[1] === '--') return { lab: parseLab(words[0]), args: words.slice(2) };
  if (words[0] !== undefined && isStackName(words[0])) return { lab: parseLab(words[0]), args: words.slice(1) };
  return { lab: parseLab(), args: words };
}

async function kubectl(words: string[]): Promise<void> {
  const { lab, args } = parseKubectl(words);
  const toolchain = await installed();
  let { kubeconfig } = labFiles(lab.stack);
  if (!fs.existsSync(kubeconfig)) {
    const found = await findLab(await Engine.open(toolchain), lab);
    if (!found) throw notUp(lab);
    kubeconfig = found.files.kubeconfig;
    if (!found.outputs.kubeconfig) throw usage(`Lab ${lab.stack} is at stage ${found.outputs.stage}: it has no Kubernetes.`, `./lab up ${lab.stack} --stage cluster`);
  }
  process.exitCode = await runInForeground(toolchain.kubectl, args, { KUBECONFIG: kubeconfig });
}

export function register(program: Command): void {
  program
    .command('kubectl')
    .usage('[NAME] -- ARGS...')
    .description("run kubectl as the lab's admin")
    .argument('[WORDS...]', "NAME (optional), then kubectl's own words after --")
    .passThroughOptions()
    .action(kubectl);
}
