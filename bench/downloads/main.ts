/**
 * `npm run bench:downloads`: measures a first `./lab start` with downloaded programs, on a
 * link of 100 Mbit/s. Copies this checkout, packs releases from the programs in the cache, and
 * serves them, Debian packages and npm packages through one limited link on loopback. The first
 * start gets an empty cache, home and state directory. Removes everything at the end.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { report, unable } from '../../cli/errors';
import { columns, print } from '../../cli/ui/prompt';
import { copyCommand, publish, replaceDigests, type Published } from './archives';
import { lastProgramStored, makePlaces, newUser, runLab, type Finished } from './first-start';
import { Link } from './link';
import { KINDS, Servers, type Traffic } from './servers';
import { sum } from '../../util/sum';

interface Options {
  rate: number;
  lab: string;
}

/** Target for a first start on a link of 100 Mbit/s, in seconds. */
const TARGET = 180;

function megabits(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('A number from 1 to 99999.');
  return Number(text);
}

const options = (): Options =>
  new Command('npm run bench:downloads --')
    .description('measure a first start with downloads on a limited link')
    .option('--rate <MBIT/S>', 'rate of the link', megabits, 100)
    .option('--lab <NAME>', 'name of the lab', 'local-downloads')
    .parse()
    .opts<Options>();

const registry = (): string => process.env.npm_config_registry || 'https://registry.npmjs.org';

const inMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Formats the sizes of the served releases by project. */
function releasesTable({ archives }: Published): string {
  const projects = [...new Set(archives.map(({ project }) => project))];
  const rows = projects.map((project) => {
    const files = archives.filter((one) => one.project === project);
    const bytes = sum(files.map((one) => one.bytes));
    return [project, `${files.length}`, inMegabytes(bytes)];
  });
  return columns([['releases served', 'files', 'MB'], ...rows]);
}

/** Formats the traffic of each kind, with seconds since the start. */
function trafficTable(servers: Servers, { started }: Finished): string {
  const seconds = (at: number): string => ((at - started) / 1000).toFixed(1);
  const row = (kind: string, { files, bytes, first, last }: Traffic): string[] => [
    kind,
    `${files}`,
    inMegabytes(bytes),
    seconds(first),
    seconds(last),
    `${((bytes * 8) / 1e3 / Math.max(last - first, 1)).toFixed(1)}`,
  ];
  const rows = KINDS.flatMap((kind) => {
    const traffic = servers.traffic.get(kind);
    if (!traffic) return [];
    return [row(kind, traffic)];
  });
  return columns([['downloads', 'files', 'MB', 'first s', 'last s', 'Mbit/s'], ...rows]);
}

/** Formats the times of the first start. */
function timesTable(run: Finished, stored: number, servers: Servers, link: Link): string {
  const releases = servers.traffic.get('releases')!;
  const all = sum([...servers.traffic.values()].map(({ bytes }) => bytes));
  const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`;
  const whole = (run.ended - run.started) / 1000;
  const after = stored - releases.last;
  const share = (100 * after) / (stored - releases.first);
  return columns([
    [`all ${inMegabytes(all)} MB at the rate of the link`, `${(all / link.rate).toFixed(1)} s`],
    ['last program stored, after the start', seconds(run.started, stored)],
    ['last release: from its last byte until stored', seconds(releases.last, stored)],
    ['  share of the time since the first release', `${share.toFixed(1)} %`],
    ['whole first start', `${whole.toFixed(1)} s`],
    [`  target: at most ${TARGET} s`, whole <= TARGET ? 'met' : 'MISSED'],
  ]);
}

/** Measures a first start. Returns true if its lab was removed, so that its files can be. */
async function measure({ rate, lab }: Options, scratch: string): Promise<boolean> {
  const places = makePlaces(scratch);
  process.stderr.write('… packing releases from the programs in the cache\n');
  const copied = spawnSync('sh', ['-c', copyCommand(places.checkout)], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`The checkout was not copied: ${copied.stderr}`);
  const releases = path.join(scratch, 'releases');
  const published = await publish(releases, places.checkout);
  replaceDigests(places.checkout, published.digests);
  const link = new Link(rate);
  const servers = new Servers(link, releases);
  let down: Finished | undefined;
  try {
    const env = newUser(places, {
      mirror: await servers.startMirror(),
      registry: await servers.startRegistry(registry()),
    });
    try {
      const load = os.loadavg()[0];
      const run = await runLab(places, ['start', lab], env);
      if (run.code !== 0) throw unable(`./lab start ended with exit code ${run.code}.`);
      if (!servers.traffic.has('releases') || !servers.traffic.has('Debian packages'))
        throw unable('Some downloads did not pass the link: are the sources of apt not http?');
      print(
        [
          `Link of ${rate} Mbit/s, ${os.cpus().length} cores, load ${load.toFixed(1)} before`,
          releasesTable(published),
          trafficTable(servers, run),
          timesTable(run, lastProgramStored(places), servers, link),
        ].join('\n\n'),
      );
    } finally {
      down = await runLab(places, ['down', lab, '--yes'], env);
    }
  } finally {
    servers.close();
  }
  return down?.code === 0;
}

async function main(): Promise<void> {
  const chosen = options();
  if (process.getuid?.() !== 0)
    throw unable(
      'A first start installs programs and creates a lab: run this as root.',
      'sudo env "PATH=$PATH" npm run bench:downloads',
    );
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-downloads-'));
  const isRemoved = await measure(chosen, scratch).catch((error: unknown) => {
    process.stderr.write(`The files of the first start are in ${scratch}.\n`);
    throw error;
  });
  if (isRemoved) return fs.rmSync(scratch, { recursive: true, force: true });
  throw unable(
    `Lab ${chosen.lab} still exists, with its files in ${scratch}.`,
    `HARDWAY_STATE=${scratch}/state HARDWAY_CACHE=${scratch}/cache ./lab down ${chosen.lab}`,
  );
}

main().then(
  () => process.exit(0),
  (error) => process.exit(report(error)),
);
