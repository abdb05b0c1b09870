import { listOf } from '../../util/optional';
import type { Check, Evidence } from '../check';
import { linesWith, type as typeOn, typeOne, type LabUnderTest } from '../lab';
import { poll } from '../../util/poll';
import { problemUnless } from '../../util/problems';
import {
  parseBridge,
  parseInodes,
  parseLsns,
  parsePeer,
  parseProcesses,
  type Link,
  type NetworkNamespace,
} from '../parsers/listings';
import { firstPods, LIST_ENDS, parseEnds, type PodView } from '../probes/pod-namespace';
import { cniFile } from './cni';
import { joinNames } from '../../util/join-names';

/** Name of the bridge on every worker. */
const BRIDGE = 'cnio0';

/**
 * Time limit for listings to agree. A pod that starts or ends is for a moment in one listing only, and so is a process
 * that inspects a namespace.
 */
const SETTLED_WAIT = { limit: 4000, interval: 200 };

/**
 * Time limit for the namespace of a dead pod to go. When a pause process is killed, its name stays in /var/run/netns until
 * the kubelet replaces the pod's sandbox. The kubelet tries this every 10 s.
 */
const REPLACED_WAIT = { limit: 30_000, interval: 1000 };
/** Problem of a name in /var/run/netns that the namespace of no process has. */
const NO_PROCESS = 'is the namespace of no process';

/** Wraps a command so that it is repeated if it fails: lsns fails if a process ends while lsns reads it. */
const steady = (command: string): string =>
  `for attempt in 1 2 3 4 5; do listing=$(${command}) && break; done; printf '%s\\n' "$listing"`;

/**
 * Bash command that lists the inode of the network namespace and the PID of each pause process, without
 * pods in the node's own namespace. lsns names only the process with the lowest PID. After PIDs have
 * wrapped, this may be another process of the pod.
 */
const LIST_PAUSES = [
  'own=$(sudo stat -L -c %i /proc/1/ns/net)',
  'for pid in $(pgrep -x pause); do inode=$(sudo stat -L -c %i "/proc/$pid/ns/net" 2> /dev/null)',
  '[ -z "$inode" ] || [ "$inode" = "$own" ] || echo "$inode $pid"; done',
].join('; ');

/** Network namespaces of a node, in three views. */
export interface NamespaceViews {
  /** Those that have processes, as lsns lists them. */
  namespaces: NetworkNamespace[];
  /** Those in /var/run/netns. */
  named: { inode: number; name: string }[];
  /** Those of pause processes, with the PID as name. */
  pauses: { inode: number; name: string }[];
}

/**
 * Compares the namespaces of all pods on a node, the student's included: each pause process's namespace must have a
 * name, and each name a process.
 */
export function nameProblems({ namespaces, named, pauses }: NamespaceViews): string[] {
  return [
    ...pauses
      .filter((one) => !named.some(({ inode }) => inode === one.inode))
      .map(
        ({ inode, name }) =>
          `the namespace ${inode}, of the pause process ${name}, has no name in /var/run/netns`,
      ),
    ...named
      .filter(
        ({ name, inode }) =>
          name.startsWith('cni-') && !namespaces.some((one) => one.inode === inode),
      )
      .map(({ name }) => `${name} ${NO_PROCESS}`),
  ];
}

/** Compares a test pod's namespace in the three listings. Returns one phrase for each difference. */
export function viewProblems(
  { pod, inode, namespace }: PodView,
  { namespaces, named, pauses }: NamespaceViews,
  names: string,
): string[] {
  const isOwned = pauses.some((one) => one.inode === inode);
  const row = namespaces.find((one) => one.inode === inode);
  const count = named.filter((one) => one.inode === inode).length;
  return [
    ...problemUnless(
      /^cni-[0-9a-f-]{36}$/.test(namespace),
      `the namespace of ${pod.name} is called ${namespace}, expected cni-…`,
    ),
    ...problemUnless(
      count === 1,
      `${count} names in /var/run/netns have the inode ${inode}, expected 1`,
    ),
    ...problemUnless(row, `lsns shows no namespace ${inode}, that of ${pod.name}`),
    ...problemUnless(!row || isOwned, `${inode} is owned by ${row?.command}, expected pause`),
    ...problemUnless(
      names.split('\n').some((line) => line.split(' ')[0] === namespace),
      `ip netns does not list ${namespace}`,
    ),
  ];
}

const podNetns: Check = {
  id: 'pod.netns',
  title: 'Each pod has a network namespace, which its pause process holds',
  node: 'worker-0',
  command: 'sudo lsns -t net; ls -1i /var/run/netns; ip netns',
  expected: "a namespace for each pod, named cni-…, its inode in lsns's NS column, owned by pause",
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const views = Object.values(await firstPods(lab));
    const node = views[0].pod.node;
    const commands = [
      steady('sudo lsns -t net -J'),
      steady('sudo lsns -t net'),
      'ls -1i /var/run/netns',
      'ip netns',
      LIST_PAUSES,
    ];
    const look = async () => {
      const [json, plain, inodes, names, pids] = await typeOn(lab, node, commands);
      const seen = {
        namespaces: parseLsns(json),
        named: parseInodes(inodes),
        pauses: parseInodes(pids),
      };
      return {
        listings: [plain, inodes, names],
        problems: [
          ...nameProblems(seen),
          ...views.flatMap((view) => viewProblems(view, seen, names)),
        ],
      };
    };
    const satisfies = (seen: { problems: string[] }): boolean => seen.problems.length === 0;
    let seen = await poll(look, { ...SETTLED_WAIT, satisfies });
    if (seen.problems.some((problem) => problem.endsWith(NO_PROCESS)))
      seen = await poll(look, { ...REPLACED_WAIT, satisfies });
    const { listings, problems } = seen;
    if (views[0].inode === views[1].inode)
      problems.push(`${views[0].pod.name} and ${views[1].pod.name} share one namespace`);
    const shown = new RegExp(
      views.map(({ inode, namespace }) => `\\b${inode}\\b|${namespace}`).join('|'),
    );
    return {
      node,
      command: podNetns.command,
      expected: `every pod's namespace, such as those of ${joinNames(views.map(({ pod }) => pod.name))}, named cni-… and owned by pause`,
      evidence: listings.flatMap((listing) => linesWith(listing, shown)).join('\n'),
      problems,
      look: `look at /var/run/netns and at containerd on ${node}`,
    };
  },
};

const podProcesses: Check = {
  id: 'pod.processes',
  title: "The pod's network namespace has only the pod's processes",
  node: 'worker-0',
  command: 'sudo ls -l /proc/[1-9]*/ns/net | grep INODE | cut -f3 -d"/" | xargs ps -p',
  expected: "pause, nginx's master and nginx's worker",
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const { nginx } = await firstPods(lab);
    const command = podProcesses.command.replace('INODE', String(nginx.inode));
    const wanted: [string, RegExp][] = [
      ['pause', /(^|\/)pause\b/],
      ['nginx: master process', /^nginx: master process/],
      ['nginx: worker process', /^nginx: worker process/],
    ];
    const isWanted = (one: string): boolean => wanted.some(([, form]) => form.test(one));
    const look = async (): Promise<{ listing: string; commands: string[] }> => {
      const listing = await typeOne(lab, nginx.pod.node, command);
      return { listing, commands: parseProcesses(listing).map((process) => process.command) };
    };
    // A command that inspects the namespace (`ip -n`, another check) is in it for a moment.
    const { listing, commands } = await poll(look, {
      ...SETTLED_WAIT,
      satisfies: (seen) => seen.commands.every(isWanted),
    });
    return {
      node: nginx.pod.node,
      command,
      expected: `${wanted.map(([name]) => name).join(', ')} in the namespace of ${nginx.pod.name}, and nothing else`,
      evidence: listing.trimEnd(),
      problems: [
        ...wanted
          .filter(([, form]) => !commands.some((one) => form.test(one)))
          .map(([name]) => `no ${name} in the namespace of ${nginx.pod.name}`),
        ...commands
          .filter((one) => !isWanted(one))
          .map(
            (one) =>
              `${one} is in the namespace of ${nginx.pod.name} too, but is no process of that pod`,
          ),
      ],
      look: `look at \`sudo ip netns pids ${nginx.namespace}\` and at containerd on ${nginx.pod.node}`,
    };
  },
};

const podVeth: Check = {
  id: 'pod.veth',
  title: "The pod's veth leads from eth0 in the pod to the bridge",
  node: 'worker-0',
  command:
    'sudo ip netns identify PID; sudo nsenter -t PID -n ip link show; sudo nsenter -t PID -n ifconfig eth0; sudo ip netns exec NETNS ethtool -S eth0; ip link',
  expected:
    "eth0@ifN in the pod with the pod's address, peer_ifindex N, and vethXXXX with number N on cnio0",
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  summaryLine: /eth0@/,
  async run(lab): Promise<Evidence> {
    const { nginx } = await firstPods(lab);
    const { node, ip } = nginx.pod;
    const pid = parseLsns(await typeOne(lab, node, steady('sudo lsns -t net -J'))).find(
      ({ inode }) => inode === nginx.inode,
    )?.pid;
    if (pid === undefined)
      throw new Error(`lsns on ${node} shows no process in ${nginx.namespace}`);
    const commands = [
      `sudo ip netns identify ${pid}`,
      `sudo nsenter -t ${pid} -n ip link show`,
      `sudo nsenter -t ${pid} -n ifconfig eth0`,
      `sudo ip netns exec ${nginx.namespace} ethtool -S eth0`,
      'ip link',
    ];
    const [name, inside, ifconfig, statistics, plain, json] = await typeOn(lab, node, [
      ...commands,
      'ip -j link',
    ]);
    const peer = parsePeer(statistics);
    const far = Number(/^\d+: eth0@if(\d+):/m.exec(inside)?.[1] ?? NaN);
    const outside = (JSON.parse(json) as Link[]).find((link) => link.ifindex === peer);
    const address = /\binet (\S+)/.exec(ifconfig)?.[1];
    return {
      node,
      command: commands.join('; '),
      expected: `PID ${pid} in ${nginx.namespace}; eth0@if${nginx.peer} with ${ip}; peer_ifindex ${nginx.peer}; interface ${nginx.peer} a veth on ${BRIDGE}`,
      evidence: [
        name.trim(),
        ...linesWith(inside, /eth0@/),
        ...linesWith(ifconfig, /inet /),
        ...linesWith(statistics, /peer_ifindex/),
        ...linesWith(plain, new RegExp(`^${peer}: `)),
      ].join('\n'),
      problems: [
        ...problemUnless(
          name.trim() === nginx.namespace,
          `PID ${pid} is in ${name.trim() || 'no named namespace'}, expected ${nginx.namespace}`,
        ),
        ...problemUnless(address === ip, `eth0 has ${address ?? 'no address'}, expected ${ip}`),
        ...problemUnless(peer !== undefined, 'ethtool shows no peer_ifindex'),
        ...problemUnless(
          peer === undefined || far === peer,
          `eth0@if${far} does not match peer_ifindex ${peer}`,
        ),
        ...problemUnless(peer === undefined || outside, `${node} has no interface number ${peer}`),
        ...listOf(outside).flatMap(({ ifname, master }) => [
          ...problemUnless(
            ifname.startsWith('veth'),
            `interface ${peer} is ${ifname}, expected a veth`,
          ),
          ...problemUnless(
            master === BRIDGE,
            `${ifname} is on ${master ?? 'no bridge'}, expected ${BRIDGE}`,
          ),
        ]),
      ],
      look: `look at ${BRIDGE} on ${node}, and at bridge in ${cniFile(lab.outputs)}`,
    };
  },
};

/** Compares the bridge of a worker with the other end of every pod's eth0, the student's pods included. */
async function bridgeOf(
  lab: LabUnderTest,
  worker: string,
): Promise<{ listing: string; problems: string[] }> {
  // The worker's first pod creates the bridge.
  await lab.pods.busybox(worker);
  const look = async (): Promise<{ listing: string; problems: string[] }> => {
    const [listing, ends, json] = await typeOn(lab, worker, [
      `sudo brctl show ${BRIDGE}`,
      LIST_ENDS,
      'ip -j link',
    ]);
    const onBridge = parseBridge(listing, BRIDGE);
    const links = JSON.parse(json) as Link[];
    const problems = parseEnds(ends)
      .filter(({ namespace }) => namespace.startsWith('cni-'))
      .flatMap(({ ip, peer }) => {
        const link = links.find(({ ifindex }) => ifindex === peer);
        if (!link)
          return [`interface ${peer}, the end of the pod at ${ip}, does not exist on ${worker}`];
        return problemUnless(
          onBridge.includes(link.ifname),
          `${link.ifname} on ${worker}, the end of the pod at ${ip}, is on ${link.master ?? 'no bridge'}, expected ${BRIDGE}`,
        );
      });
    return { listing: listing.trimEnd(), problems };
  };
  return poll(look, { ...SETTLED_WAIT, satisfies: ({ problems }) => problems.length === 0 });
}

const podBridge: Check = {
  id: 'pod.bridge',
  title: "Every pod's veth is on the bridge",
  node: 'every worker',
  command: `brctl show ${BRIDGE}`,
  expected: "the bridge with every pod's veth",
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const names = lab.workers.map(({ name }) => name);
    const seen = await Promise.all(
      names.map((name) =>
        bridgeOf(lab, name).catch((error: Error) => ({ listing: '', problems: [error.message] })),
      ),
    );
    const shown = Math.max(
      0,
      seen.findIndex(({ problems }) => problems.length > 0),
    );
    return {
      node: names.join(', '),
      command: `sudo brctl show ${BRIDGE}`,
      expected: `${BRIDGE} with the end of every pod of that worker`,
      evidence: `${names[shown]}:\n${seen[shown].listing}`,
      problems: seen.flatMap(({ problems }) => problems),
      look: `repair a veth without a bridge by \`sudo ip link set VETH master ${BRIDGE}\`; for a veth on another bridge, look at the CNI config`,
    };
  },
};

export const podChecks: Check[] = [podNetns, podProcesses, podVeth, podBridge];
