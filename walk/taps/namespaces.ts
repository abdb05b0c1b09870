import * as fs from 'node:fs';
import { processesOf } from '../../provider/local';
import { readKernelFile } from '../../util/kernel-files';
import type { Machine } from './machine';

/** Network namespace of a lab, or the host's interface to the lab, as the taps use it. */
export interface Place {
  /** `pod default/nginx`, `worker-0`, `VPC router` or `laptop`. */
  name: string;
  /** Machine that has the namespace. */
  machine: Machine;
  /** Path of the namespace; `undefined` for the host's own. */
  namespace: string | undefined;
  /** Only interface that may be tapped; `undefined` for all of the namespace. */
  only?: string;
  /** Interface of a cloud's node by which packets enter the VPC; unset elsewhere. */
  uplink?: string;
  /** Interfaces by number. */
  interfaces: Map<number, Interface>;
}

/** Interface in a namespace. */
export interface Interface {
  name: string;
  mac: string;
  addresses: string[];
  /** Bridge that the interface is a port of. */
  master?: string;
  /** Number of a veth's other end. */
  peer?: number;
}

interface Row {
  ifindex: number;
  ifname: string;
  address?: string;
  master?: string;
  link_index?: number;
  addr_info?: { family: string; local: string }[];
}

/** Returns the words that run a program in a place. */
export const inPlace = ({ namespace }: Pick<Place, 'namespace'>, words: string[]): string[] =>
  namespace === undefined ? words : ['nsenter', `--net=${namespace}`, ...words];

/** Runs a program in a place. Returns its output, also if it fails. */
export async function look(
  place: Pick<Place, 'machine' | 'namespace'>,
  words: string[],
): Promise<string> {
  const { stdout, stderr } = await place.machine.run(inPlace(place, words));
  return stdout || stderr;
}

/** Parses `ip -j address`. */
export function parseInterfaces(json: string): Map<number, Interface> {
  return new Map(
    (JSON.parse(json) as Row[])
      .filter(({ ifindex }) => ifindex !== undefined)
      .map((row) => [
        row.ifindex,
        {
          name: row.ifname,
          mac: row.address ?? '',
          addresses: (row.addr_info ?? [])
            .filter(({ family }) => family === 'inet')
            .map(({ local }) => local),
          ...(row.master === undefined ? {} : { master: row.master }),
          ...(row.link_index === undefined ? {} : { peer: row.link_index }),
        },
      ]),
  );
}

/** Reads the interfaces of a namespace, or one interface of the host. */
export async function readPlace(place: Omit<Place, 'interfaces'>): Promise<Place> {
  const selection = place.only === undefined ? [] : ['show', 'dev', place.only];
  const json = await look(place, ['ip', '-j', 'address', ...selection]);
  return { ...place, interfaces: parseInterfaces(json) };
}

/** Whether an address is local in the network namespace of a process. */
const holds = (pid: number, ip: string): boolean =>
  new RegExp(`\\|-- ${ip.replace(/\./g, '\\.')}\\n\\s+/32 host LOCAL`).test(
    readKernelFile(`/proc/${pid}/net/fib_trie`) ?? '',
  );

/** Returns the number of a process's network namespace; `undefined` if the process has ended. */
function inodeOf(pid: number): number | undefined {
  try {
    return fs.statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    return undefined;
  }
}

/**
 * Finds the network namespaces of pods on a node by the processes in the node's cgroup. Returns the
 * path of each namespace by the pod's address. The node's own programs are not run.
 */
export function podNamespaces(lab: string, node: string, ips: string[]): Map<string, string> {
  const found = new Map<string, string>();
  const seen = new Set<number>();
  for (const pid of processesOf(lab, node)) {
    const inode = inodeOf(pid);
    if (inode === undefined || seen.has(inode)) continue;
    seen.add(inode);
    for (const ip of ips) {
      if (!found.has(ip) && holds(pid, ip)) found.set(ip, `/proc/${pid}/ns/net`);
    }
  }
  return found;
}
