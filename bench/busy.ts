/**
 * `npm run bench:busy -- --runs 10`: brings a full lab up and down on a busy host, with `up`,
 * `verify`, `status` and `down` beside a bounded CPU load. Prints seconds and failures; exit code 1
 * if a command failed. Ends its load itself.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command as CommandLine, InvalidArgumentError } from 'commander';
import { columns, print } from '../cli/ui/prompt';
import { textIf } from '../util/optional';
import { root } from '../util/repo-root';
import { median } from './measures';

interface Options {
  runs: number;
  processes: number;
  lab: string;
}

/** Seconds after which the load ends even if this program was killed. */
const LOAD_SECONDS = 3600;

function count(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('A number from 1 to 99.');
  return Number(text);
}

const options = (): Options =>
  new CommandLine('npm run bench:busy --')
    .description('bring a lab up and down on a busy host')
    .option('--runs <NUMBER>', 'number of labs, one after another', count, 10)
    .option('--processes <NUMBER>', 'busy processes beside the lab', count, 20)
    .option('--lab <NAME>', 'name of the lab', 'busy')
    .parse()
    .opts<Options>();

const startLoad = (processes: number): ChildProcess[] =>
  Array.from({ length: processes }, () =>
    spawn('timeout', [`${LOAD_SECONDS}`, 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );

const loadAverage = (): string => fs.readFileSync('/proc/loadavg', 'utf8').split(' ')[0];

/** Result of one command of a run. */
interface Outcome {
  code: number | null;
  seconds: number;
}

function lab(words: string[]): Outcome {
  const started = Date.now();
  const ran = spawnSync(path.join(root, 'lab'), words, { encoding: 'utf8' });
  if (ran.status !== 0)
    process.stderr.write(`./lab ${words.join(' ')}\n${ran.stdout}${ran.stderr}`);
  return { code: ran.status, seconds: (Date.now() - started) / 1000 };
}

/** Commands of a run, in their order. */
const COMMANDS = ['up', 'verify', 'status', 'down'] as const;
type Command = (typeof COMMANDS)[number];
type Run = Record<Command, Outcome>;

const run = (name: string): Run => ({
  up: lab(['up', name, '--yes']),
  verify: lab(['verify', name]),
  status: lab(['status', name]),
  down: lab(['down', name, '--yes']),
});

const asCell = ({ code, seconds }: Outcome): string =>
  `${seconds.toFixed(1)} s${textIf(code !== 0, `, exit ${code}`)}`;

const passes = (runs: Run[], command: Command): number =>
  runs.filter((one) => one[command].code === 0).length;

/** Formats passes, median and worst time of each command. */
function summary(runs: Run[]): string {
  const rows = COMMANDS.map((command) => {
    const seconds = runs.map((one) => one[command].seconds);
    return [
      command,
      `${passes(runs, command)} of ${runs.length}`,
      `${median(seconds).toFixed(1)} s`,
      `${Math.max(...seconds).toFixed(1)} s`,
    ];
  });
  return columns([['command', 'passed', 'median', 'worst'], ...rows]);
}

function main(): void {
  const { runs, processes, lab: name } = options();
  const load = startLoad(processes);
  const done: Run[] = [];
  const rows = [['run', ...COMMANDS, 'load average']];
  try {
    for (let number = 1; number <= runs; number++) {
      const one = run(name);
      done.push(one);
      rows.push([`${number}`, ...COMMANDS.map((command) => asCell(one[command])), loadAverage()]);
      process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
    }
  } finally {
    for (const busy of load) busy.kill();
  }
  print(`${columns(rows)}\n\n${summary(done)}`);
  const isGood = COMMANDS.every((command) => passes(done, command) === runs);
  process.exitCode = isGood ? 0 : 1;
}

main();
