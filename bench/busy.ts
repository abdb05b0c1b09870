/**
 * `npm run bench:busy -- --runs 10`: brings a full lab up and down on a busy host, with `up`,
 * `verify`, `status` and `down` beside a bounded CPU load. Prints seconds and failures; exit code 1
 * if a command failed. Ends its load itself.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { columns, print } from '../cli/ui/prompt';
import { root } from '../util/repo-root';

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
  new Command('npm run bench:busy --')
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

const asCell = ({ code, seconds }: Outcome): string =>
  `${seconds.toFixed(1)} s${code === 0 ? '' : `, exit ${code}`}`;

function main(): void {
  const { runs, processes, lab: name } = options();
  const load = startLoad(processes);
  const rows = [['run', 'up', 'verify', 'status', 'down', 'load average']];
  let failures = 0;
  try {
    for (let run = 1; run <= runs; run++) {
      const outcomes = [
        lab(['up', name, '--yes']),
        lab(['verify', name]),
        lab(['status', name]),
        lab(['down', name, '--yes']),
      ];
      failures += outcomes.filter(({ code }) => code !== 0).length;
      rows.push([`${run}`, ...outcomes.map(asCell), loadAverage()]);
      process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
    }
  } finally {
    for (const one of load) one.kill();
  }
  print(columns(rows));
  print(`${runs * 4 - failures} of ${runs * 4} commands passed`);
  process.exitCode = failures === 0 ? 0 : 1;
}

main();
