import * as fs from 'node:fs';
import * as path from 'node:path';
import { sliceOf } from '../../provider/local/shared/cgroups';
import { run, state } from './command';

/** Lines of a file, none where it is gone or can't be read. */
function linesOf(file: string): string[] {
  try {
    return fs.readFileSync(file, 'utf8').split(/[\n\0]/);
  } catch {
    return [];
  }
}

/** What of a lab lies in any process: its mark in the environment, its name on the command line, a mount of its own. */
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

/** Paths below a directory whose own name, or the name of a directory on the way, is the lab's. */
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

/** The lab's public /24 and its link on this machine, while it has a slot. */
export function slotOf(lab: string): { link: string; slot: number } | undefined {
  const directory = path.join(HOST, 'slots');
  if (!fs.existsSync(directory)) return undefined;
  const slot = fs
    .readdirSync(directory)
    .find((name) => linesOf(path.join(directory, name))[0] === lab);
  return slot === undefined ? undefined : { link: `hw${slot}`, slot: Number(slot) };
}

/**
 * Everything of a lab that this machine could show, a line each: processes, mounts (of any process), network namespaces
 * with what is in them, links and routes of the machine, nft tables, cgroups, files of the cloud and of the state.
 * `link` is the lab's own, as it was while the lab had one: without a slot nothing else tells whose it was.
 */
export async function tracesOf(lab: string, link?: string): Promise<string[]> {
  const printed = async (program: string, ...args: string[]): Promise<string[]> =>
    (await run(program, args)).stdout.split('\n').filter(Boolean);
  // A slot that is free again may be another lab's by now.
  const holder = link && linesOf(path.join(HOST, 'slots', link.replace('hw', '')))[0];
  const ofLink = (lines: string[]): string[] =>
    link && (!holder || holder === lab)
      ? lines.filter((line) => new RegExp(`\\b${link}\\b`).test(line))
      : [];
  const slot = slotOf(lab);
  return [
    // Once each: what is mounted on the machine is seen by all its processes.
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
