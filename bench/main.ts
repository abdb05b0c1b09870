/**
 * `npm run bench`: measures how long a lab takes, compared with the same work in bare shell and as
 * a script over plain SSH. Creates its own labs and removes them. Exit code 0 even if a target is
 * missed, which the table shows.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Interrupted, report, unable } from '../cli/errors';
import { print, printJson } from '../cli/ui/prompt';
import { cacheDirectory } from '../util/directories';
import { root } from '../util/repo-root';
import { checkpointCycles } from './checkpoints';
import { Floor } from './floor';
import { BenchLab } from './lab';
import { Measures } from './measures';
import { PARTS, round, type Bench, type Part, USUAL_PARTS } from './rounds';
import { asJson, asText } from './table';

interface Options {
  /** Number of cycles of save and restore to measure instead of rounds. */
  checkpoints?: number;
  rounds: number;
  only: Part[];
  floor: string;
  json?: boolean;
}

function rounds(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('A number from 1 to 99.');
  return Number(text);
}

function parts(text: string): Part[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
  const unknown = words.filter((word) => !(PARTS as readonly string[]).includes(word));
  if (unknown.length > 0) throw new InvalidArgumentError(`There is no ${unknown.join(', ')}.`);
  return words as Part[];
}

function options(): Options {
  return new Command('npm run bench --')
    .description('measure labs on this host')
    .option('--rounds <NUMBER>', 'number of rounds', rounds, 3)
    .option('--only <LIST>', `parts, separated by commas: ${PARTS.join(', ')}`, parts, [
      ...USUAL_PARTS,
    ])
    .option(
      '--floor <DIRECTORY>',
      "directory of the floor's scripts",
      path.resolve(root, '../shared/floor'),
    )
    .option(
      '--checkpoints <NUMBER>',
      'measure this many cycles of save and restore instead, and run every check after each',
      rounds,
    )
    .option('--json', 'print one JSON object')
    .parse()
    .opts<Options>();
}

/**
 * Returns a function that prints progress on standard error. After an interrupt, its next call ends
 * the benchmark.
 */
function progressPrinter(): (what: string) => void {
  let interrupted = false;
  process.on('SIGINT', () => {
    interrupted = true;
    process.stderr.write('Stopping after this measurement; then the labs are removed.\n');
  });
  return (what) => {
    if (interrupted) throw new Interrupted();
    process.stderr.write(`… ${what}\n`);
  };
}

async function main(options: Options): Promise<void> {
  const { rounds: count, only, floor: scripts, json, checkpoints } = options;
  if (process.getuid?.() !== 0)
    throw unable(
      'The benchmark creates labs and reads their processes: run it as root.',
      `sudo env "PATH=$PATH" "HARDWAY_CACHE=${cacheDirectory()}" npm run bench`,
    );
  if (checkpoints !== undefined)
    return print(await checkpointCycles(checkpoints, progressPrinter()));
  fs.mkdirSync(cacheDirectory(), { recursive: true });
  // Hard links to the store need the store's filesystem.
  const directory = fs.mkdtempSync(path.join(cacheDirectory(), 'bench-'));
  const lab = new BenchLab('local-bench');
  const bare = new BenchLab('local-bench-bare');
  const bench: Bench = {
    parts: new Set(only),
    lab,
    bare,
    directory,
    measures: new Measures(),
    programs: {},
    say: progressPrinter(),
  };
  try {
    if (bench.parts.has('floor')) bench.floor = await Floor.prepare(scripts, directory);
    if (bench.parts.has('floor') && !bench.floor)
      process.stderr.write(`${scripts} has no floor scripts: the table leaves them out.\n`);
    for (let done = 0; done < count; done++) {
      bench.say(`round ${done + 1} of ${count}`);
      await round(bench);
    }
  } finally {
    for (const one of [lab, bare]) await one.down();
    fs.rmSync(directory, { recursive: true, force: true });
  }
  if (json) printJson(asJson(bench, count));
  else print(asText(bench, count));
}

main(options()).then(
  () => process.exit(0),
  (error) => process.exit(report(error)),
);
