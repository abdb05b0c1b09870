import * as fs from 'node:fs';
import * as path from 'node:path';
import { sliceOf } from '../../provider/local/shared/cgroups';
import { run, state } from './command';

/** Returns the lines of a file; none if the file does not exist or can't be read. */
function linesOf(file: string): string[] {
  try {
    return fs.readFileSync(file, 'utf8').split(/[\n\0]/);
  } catch {
    return [];
  }
}

/** Returns the ids of all processes but this one. */
const processIds = (): string[] =>
  fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);

const describeProcess = (pid: string): string =>
  `process ${pid} (${linesOf(`/proc/${pid}/comm`)[0] ?? ''})`;

/** Lists the processes that the lab has started: its name is in their environment. */
const startedBy = (lab: string): string[] =>
  processIds()
    .filter((pid) => linesOf(`/proc/${pid}/environ`).includes(`HARDWAY_OWNER=${lab}`))
    .map(describeProcess);

/** Lists the processes with the lab's files on their command line, and those with its mounts. */
function holdersOf(lab: string): string[] {
  const own = new RegExp(`(labs|nodes)/${lab}(/|$)|hardway\\.${lab}\\.`);
  const found = processIds().flatMap((pid) => {
    const mounts = linesOf(`/proc/${pid}/mountinfo`)
      .map((line) => line.split(' ')[4] ?? '')
      .filter((directory) => own.test(directory));
    const isNamed = linesOf(`/proc/${pid}/cmdline`).some((word) => own.test(word));
    return [...(isNamed ? [describeProcess(pid)] : []), ...mounts.map((one) => `mount ${one}`)];
  });
  // Every process of the host sees the same mounts: each is listed once.
  return [...new Set(found)];
}

/** Milliseconds after which a process that belongs to another lab has ended. */
const PASSING = 3000;

/**
 * Lists traces of a lab in processes. For a moment, a process of another test file may hold mounts
 * of this lab, such as `ip netns exec`, or have its files on the command line, such as `find`. So
 * the processes that the lab has not started count only if they stay.
 */
export async function inProcesses(lab: string): Promise<string[]> {
  const [started, holders] = [startedBy(lab), holdersOf(lab)];
  if (holders.length === 0) return started;
  await new Promise((resolve) => setTimeout(resolve, PASSING));
  const still = new Set(holdersOf(lab));
  return [...new Set([...started, ...holders.filter((holder) => still.has(holder))])];
}

/** Returns the entries of a directory; none if it was deleted meanwhile. */
function entriesOf(directory: string): fs.Dirent[] {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Lists paths below a directory that have the lab's name as one of their parts. */
function named(directory: string, lab: string): string[] {
  const isOurs = (name: string): boolean =>
    name === lab ||
    name.startsWith(`${lab}.`) ||
    name.startsWith(`Pulumi.${lab}.`) ||
    name.startsWith(`hardway-${lab}-`) ||
    name === sliceOf(lab);
  return entriesOf(directory).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (isOurs(entry.name)) return [file];
    return entry.isDirectory() && !entry.isSymbolicLink() && entry.name !== 'pulumi-home'
      ? named(file, lab)
      : [];
  });
}

const CLOUD = process.env.HARDWAY_CLOUD || '/var/lib/hardway';
const HOST = process.env.HARDWAY_HOST || '/var/lib/hardway-host';

/** Returns the lab's public /24 and its link on the host; `undefined` if the lab has no slot. */
export function slotOf(lab: string): { link: string; slot: number } | undefined {
  const directory = path.join(HOST, 'slots');
  if (!fs.existsSync(directory)) return undefined;
  const slot = fs
    .readdirSync(directory)
    .find((name) => linesOf(path.join(directory, name))[0] === lab);
  return slot === undefined ? undefined : { link: `hw${slot}`, slot: Number(slot) };
}

/**
 * Lists all leftovers of a lab on the host, one line each: processes, mounts (of any process), network namespaces with
 * their content, links, routes, nft tables, cgroups, files of the cloud and of the state. `link` is the name of the
 * lab's link while it was up, which can't be found out after the slot was released.
 */
export async function tracesOf(lab: string, link?: string): Promise<string[]> {
  const printed = async (program: string, ...args: string[]): Promise<string[]> =>
    (await run(program, args)).stdout.split('\n').filter(Boolean);
  // Another lab may use the released slot now.
  const holder = link && linesOf(path.join(HOST, 'slots', link.replace('hw', '')))[0];
  const ofLink = (lines: string[]): string[] =>
    link && (!holder || holder === lab)
      ? lines.filter((line) => new RegExp(`\\b${link}\\b`).test(line))
      : [];
  const slot = slotOf(lab);
  return [
    ...(await inProcesses(lab)),
    ...(await printed('ip', 'netns', 'list'))
      .filter((line) => line.startsWith(`hardway.${lab}.`))
      .map((line) => `namespace ${line}`),
    ...ofLink(await printed('ip', '-o', 'link')).map((line) => `link ${line}`),
    ...ofLink(await printed('ip', 'route', 'show', 'table', 'all')).map((line) => `route ${line}`),
    ...(await printed('nft', 'list', 'ruleset'))
      .filter((line) => line.includes(lab) || ofLink([line]).length > 0)
      .map((line) => `nft ${line}`),
    ...named('/sys/fs/cgroup', lab).map((directory) => `cgroup ${directory}`),
    ...named(path.join(CLOUD, 'labs'), lab).map((directory) => `directory ${directory}`),
    ...named(path.join(HOST, 'labs'), lab).map((file) => `record ${file}`),
    ...(slot ? [`slot ${slot.slot}`] : []),
    ...named(state, lab).map((file) => `state ${file}`),
  ];
}
