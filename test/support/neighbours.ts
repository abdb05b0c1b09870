import * as dgram from 'node:dgram';
import * as net from 'node:net';
import { asRoot, inRouter, labPrints, run } from './command';

// Helpers that try to reach one lab from another one on the same host.

/** Port of the marker, which answers with lab and node: a NodePort, which the firewall admits. */
export const MARKED = 31999;
/** Port without a listener. Its datagrams are counted on their way. */
export const COUNTED = 31997;
const MARKER = 'hardway-marker';
const TABLE = 'hardway_neighbours';

/** Runs a script at a place from which a lab's packets can start. */
export type Place = (script: string) => Promise<string>;

export const onNodeOf =
  (name: string, node: string): Place =>
  (script) =>
    asRoot(name, node, script);

export const inPodOf =
  (name: string, pod: string): Place =>
  async (script) => {
    const ran = await run('./lab', ['kubectl', name, '--', 'exec', '-i', pod, '--', 'sh', '-s'], {
      input: script,
    });
    if (ran.code !== 0) throw new Error(`${pod}: ${script} exited ${ran.code}: ${ran.stderr}`);
    return ran.stdout;
  };

/** Starts the marker of a node, which answers each connection with `LAB NODE`. */
export const mark = (name: string, node: string): Promise<string> =>
  asRoot(
    name,
    node,
    `
  cd /etc/systemd/system
  printf '[Socket]\\nListenStream=${MARKED}\\nAccept=yes\\n' > ${MARKER}.socket
  # The marker reads the whole request: unread bytes would reset the connection before the answer.
  printf '[Service]\\nExecStart=/bin/sh -c "read -r request; read -r end; echo ${name} ${node}"\\nStandardInput=socket\\nStandardOutput=socket\\n' > '${MARKER}@.service'
  systemctl daemon-reload; systemctl start ${MARKER}.socket`,
  );

/** Starts a privileged pod on worker-0, with root's rights on the network. */
export async function startPod(name: string, pod: string): Promise<void> {
  const container = {
    name: 'sh',
    image: 'busybox',
    command: ['sleep', 'infinity'],
    securityContext: { privileged: true },
  };
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod },
    spec: { nodeName: 'worker-0', terminationGracePeriodSeconds: 0, containers: [container] },
  };
  for (const args of [
    ['apply', '-f', '-'],
    ['wait', '--for=condition=Ready', '--timeout=60s', `pod/${pod}`],
  ]) {
    const ran = await run('./lab', ['kubectl', name, '--', ...args], {
      input: JSON.stringify(manifest),
    });
    if (ran.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${ran.stderr}`);
  }
}

/** Address and port: `10.240.0.20 22`. */
type Target = string;

// The marker, sshd and the API server all answer this request. Nodes and pods have nc.
const ASK = `ask() { answer=$(printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 3 nc -w 2 $1 $2 2> /dev/null | head -n 1 | tr -d '\\r'); echo "$1 $2=$answer"; }`;

/** Commands that prepare a way for packets and undo it. `own` is the address taken as a source. */
export interface Way {
  before: string;
  after: string;
  own?: string;
}

/** Routes the networks. `how` is in the form of ip: `via ADDRESS`, `dev eth0 scope link`. */
export const routed = (how: string, networks: string[]): Way => ({
  before: networks.map((cidr) => `ip route replace ${cidr} ${how}`).join('\n'),
  after: networks.map((cidr) => `ip route del ${cidr}`).join('\n'),
});

/** Takes a foreign source address. */
export function from(source: string, networks: string[]): Way {
  const { before, after } = routed(`via 10.240.0.1 src ${source}`, networks);
  return {
    before: `ip addr add ${source}/32 dev lo\n${before}`,
    after: `${after}\nip addr del ${source}/32 dev lo`,
    own: source,
  };
}

/** Sends packets for the targets in frames to the given MAC. */
export function framed(mac: string, networks: string[], targets: Target[]): Way {
  const { before, after } = routed('dev eth0 scope link', networks);
  const neighbours = targets.map(
    (target) => `ip neigh replace ${target.split(' ')[0]} lladdr ${mac} dev eth0`,
  );
  return {
    before: [before, ...neighbours].join('\n'),
    after: `${after}\nip neigh flush dev eth0 nud permanent`,
  };
}

/** Returns each target's answer at a place, between the commands that prepare and undo a way. */
export async function answers(
  place: Place,
  targets: Target[],
  before = '',
  after = '',
): Promise<Record<Target, string>> {
  const script = [
    ASK,
    before,
    ...targets.map((target) => `ask ${target} &`),
    'wait',
    after,
    'true',
  ].join('\n');
  return Object.fromEntries(
    (await place(script))
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Returns each target's answer to the host, without other programs. */
export const answersHere = async (targets: Target[]): Promise<Record<Target, string>> =>
  Object.fromEntries(
    await Promise.all(targets.map(async (target) => [target, await firstLine(target)] as const)),
  );

const firstLine = (target: Target): Promise<string> =>
  new Promise((resolve) => {
    const [host, port] = target.split(' ');
    const socket = net.connect({ host, port: Number(port), timeout: 5000 });
    const end = (line: string): void => {
      socket.destroy();
      resolve(line);
    };
    socket
      .on('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'))
      .on('data', (data) => end(data.toString().split(/\r?\n/)[0]));
    for (const failure of ['error', 'timeout', 'end']) socket.on(failure, () => end(''));
  });

/** Returns the addresses that answer a ping from a place. */
export async function pinged(place: Place, addresses: string[]): Promise<string[]> {
  const script = addresses.map(
    (address) => `{ ping -c 1 -W 1 ${address} > /dev/null 2>&1 && echo ${address}; } &`,
  );
  return (await place([...script, 'wait', 'true'].join('\n'))).split('\n').filter(Boolean).sort();
}

/** Sends a counted datagram from the host. */
export function sendHere(address: string): Promise<void> {
  const socket = dgram.createSocket('udp4');
  return new Promise((resolve) => socket.send('x', COUNTED, address, () => socket.close(resolve)));
}

/** Counts packets out of one lab to other networks, and datagrams into its neighbour's router. */
export class Counters {
  private constructor(private readonly router: string) {}

  static async start(link: string, networks: string[], neighbour: string): Promise<Counters> {
    const chain = (match: string): string =>
      `table ip ${TABLE} { counter seen { }; chain seen { type filter hook prerouting priority raw; ${match} counter name seen; }; }\n`;
    const load = async (program: string, args: string[], input: string): Promise<void> => {
      const ran = await run(program, args, { input });
      if (ran.code !== 0) throw new Error(ran.stderr);
    };
    await load('nft', ['-f', '-'], chain(`iifname "${link}" ip daddr { ${networks.join(', ')} }`));
    await load(
      'ip',
      ['netns', 'exec', `hardway.${neighbour}.router`, 'nft', '-f', '-'],
      chain(`iifname "internet" udp dport ${COUNTED}`),
    );
    return new Counters(neighbour);
  }

  async seen(): Promise<{ left: number; arrived: number }> {
    const command = ['nft', 'list', 'counter', 'ip', TABLE, 'seen'];
    const packets = (text: string): number => Number(/packets (\d+)/.exec(text)![1]);
    return {
      left: packets((await run(command[0], command.slice(1))).stdout),
      arrived: packets(await inRouter(this.router, ...command)),
    };
  }

  async stop(): Promise<void> {
    await run('nft', ['delete', 'table', 'ip', TABLE]);
    await run('ip', [
      'netns',
      'exec',
      `hardway.${this.router}.router`,
      'nft',
      'delete',
      'table',
      'ip',
      TABLE,
    ]);
  }
}

/**
 * Removes the walls between two labs: the router of `from` forwards packets that it dropped, and
 * the host forwards between their links. Returns a function that restores the walls.
 */
export async function breach(
  from: string,
  hostIp: string,
  links: string[],
): Promise<() => Promise<void>> {
  const settings = links.map((link) => `net.ipv4.conf.${link}.forwarding`);
  const masquerade = (names: string[]): string =>
    `add table ip hardway_breach; add chain ip hardway_breach out { type nat hook postrouting priority srcnat; }; add rule ip hardway_breach out oifname { ${names.join(', ')} } masquerade`;
  await inRouter(
    from,
    'nft',
    'insert rule inet vpc forward iifname "vpc" oifname "internet" accept',
  );
  await inRouter(from, 'nft', masquerade(['internet']));
  await inRouter(
    from,
    'ip',
    'route',
    'replace',
    'default',
    'via',
    hostIp,
    'dev',
    'internet',
    'onlink',
  );
  await run('nft', [masquerade(links)]);
  const before = (await run('sysctl', ['-n', ...settings])).stdout.split('\n');
  await run('sysctl', ['-qw', ...settings.map((setting) => `${setting}=1`)]);
  return async () => {
    await run('sysctl', [
      '-qw',
      ...settings.map((setting, index) => `${setting}=${before[index]}`),
    ]);
    await run('nft', ['delete', 'table', 'ip', 'hardway_breach']);
    await inRouter(from, 'nft', 'delete', 'table', 'ip', 'hardway_breach');
    // `up` repairs the drift inside the router.
    await labPrints('up', from, '--yes');
  };
}
