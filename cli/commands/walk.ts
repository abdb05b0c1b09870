import * as fs from 'node:fs';
import { Option, type Command } from 'commander';
import { installed } from '../actions/ensure-toolchain';
import { walkLab } from '../actions/walk';
import { Engine } from '../engine';
import { exitCodeOf, unable, usage } from '../errors';
import { findLab, installCure, notUp } from '../lab/access';
import { labArgument, parseLab, type LabRef } from '../lab/name';
import { print, printJson } from '../ui/prompt';
import { encodePcapng, PROTOCOLS, renderEnding, renderWalk, type Protocol } from '../../walk';
import { parsePort } from './options';

interface Options {
  protocol?: Protocol;
  port?: number;
  json?: boolean;
  pcap?: string;
  quiet?: boolean;
}

/** Parses the words of `./lab walk`: NAME (optional), SRC and DST. */
export function parseWalk(words: string[]): { lab: LabRef; from: string; to: string } {
  const example = './lab walk worker-0/busybox0 svc/nginx:80';
  if (words.length < 2) throw usage('./lab walk needs SRC and DST.', example);
  if (words.length > 3)
    throw usage(`./lab walk takes NAME, SRC and DST, not: ${words.join(' ')}`, example);
  const [from, to] = words.slice(-2);
  return { lab: parseLab(words.length === 3 ? words[0] : undefined), from, to };
}

async function walkCommand(words: string[], options: Options): Promise<void> {
  const { lab, from, to } = parseWalk(words);
  const toolchain = await installed(installCure(lab));
  const up = await findLab(await Engine.open(toolchain), lab);
  if (!up) throw notUp(lab);
  const { report, packets } = await walkLab(up, toolchain, { from, to, ...options });
  if (options.pcap !== undefined) {
    try {
      fs.writeFileSync(options.pcap, encodePcapng(packets));
    } catch (error) {
      throw unable(`${options.pcap} can't be written: ${(error as Error).message}`, '--pcap FILE');
    }
  }
  const name = labArgument(lab);
  if (options.json) printJson(report);
  else print(options.quiet ? renderEnding(report.ending, name) : renderWalk(report, name));
  process.exitCode = exitCodeOf(report.ending.outcome === 'delivered');
}

export function register(program: Command): void {
  program
    .command('walk')
    .usage('[NAME] SRC DST [options]')
    .description('send one marked packet through a lab and show its way, hop by hop')
    .argument('[WORDS...]', 'NAME (optional), SRC and DST; see docs/guides/walk.md')
    .addOption(
      new Option('--protocol <PROTOCOL>', 'default: tcp with a port, else icmp').choices(PROTOCOLS),
    )
    .option('--port <PORT>', 'port of the destination, as in DST:PORT', parsePort)
    .option('--json', 'print one JSON object')
    .option('--pcap <FILE>', 'write every packet seen to a pcapng file')
    .option('--quiet', 'print only how the walk ended')
    .action(walkCommand);
}
