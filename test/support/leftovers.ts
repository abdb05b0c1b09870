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

/** Lists traces of a lab in processes: its name in the environment or on the command line, or a mount. */
function inProcesses(lab: string): string[] {
  const own = new RegExp(`(labs|nodes)/${lab}(/|$)|hardway\\.${lab}\\.`);
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      const marked = linesOf(`/proc/${pid}/environ`).includes(`HARDWAY_OWNER=${lab}`);
      const named = linesOf(`/proc/${pid}/cmdline`).some((word) => own.test(word));
      const mounts = linesOf(`/proc/${pid}/mountinfo`).filter((line) =>
        own.test(line.split(' ')[4] ?? ''),
      );
      const command = linesOf(`/proc/${pid}/comm`)[0] ?? '';
      return [
        ...(marked || named ? [`process ${pid} (${command})`] : []),
        ...mounts.map((line) => `mount ${line.split(' ')[4]}`),
      ];
    });
}

/** Lists paths below a directory that have the lab's name as one of their parts. */
function named(directory: string, lab: string): string[] {
  if (!fs.existsSync(directory)) return [];
  const isOurs = (name: string): boolean =>
    name === lab ||
    name.startsWith(`${lab}.`) ||
    name.startsWith(`Pulumi.${lab}.`) ||
    name.startsWith(`hardway-${lab}-`) ||
    name === sliceOf(lab);
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
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
    // Every process of the host sees the same mounts: each is listed once.
    ...new Set(inProcesses(lab)),
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
