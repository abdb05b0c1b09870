import * as dgram from 'node:dgram';
import { run } from './command';

/** Networks of labs: the node network, the pod network, the service network and the pool of public addresses. */
const LABS = '10.240.0.0/16, 10.200.0.0/16, 10.32.0.0/24, 198.18.0.0/15';

// The chain comes after all chains that may change a packet. A second counter for packets into labs shows that it works.
const RULES = `table ip hardway_watch {
  counter escaped { }
  counter own { }
  chain leaving {
    type filter hook postrouting priority 400; policy accept;
    oifname "lo" accept
    ip daddr != { ${LABS} } accept
    oifname "hw*" counter name own accept
    counter name escaped
  }
}
`;

const inside = (namespace: string | undefined, ...command: string[]): string[] =>
  namespace ? ['ip', 'netns', 'exec', namespace, ...command] : command;

/** Counts packets for labs' addresses that leave the host, or one network namespace, by other interfaces than labs'. */
export class Watch {
  private constructor(private readonly namespace?: string) {}

  static async start(namespace?: string): Promise<Watch> {
    const watch = new Watch(namespace);
    await watch.stop();
    await watch.nft(['-f', '-'], RULES);
    return watch;
  }

  private async nft(args: string[], input?: string): Promise<string> {
    const [program, ...rest] = inside(this.namespace, 'nft', ...args);
    const ran = await run(program, rest, { input });
    if (ran.code !== 0) throw new Error(`nft ${args.join(' ')} exited ${ran.code}: ${ran.stderr}`);
    return ran.stdout;
  }

  async seen(): Promise<{ escaped: number; own: number }> {
    const { nftables } = JSON.parse(
      await this.nft(['-j', 'list', 'counters', 'table', 'ip', 'hardway_watch']),
    ) as { nftables: { counter?: { name: string; packets: number } }[] };
    const count = (name: string): number =>
      nftables.find(({ counter }) => counter?.name === name)!.counter!.packets;
    return { escaped: count('escaped'), own: count('own') };
  }

  async stop(): Promise<void> {
    await this.nft(['delete', 'table', 'ip', 'hardway_watch']).catch(() => undefined);
  }
}

/** Sends datagrams to the addresses repeatedly until `stop`, which returns how many the kernel sent and refused. */
export function bombard(addresses: string[]): {
  stop(): Promise<{ sent: number; refused: number }>;
} {
  const socket = dgram.createSocket('udp4');
  const count = { sent: 0, refused: 0 };
  socket.on('error', () => undefined);
  const timer = setInterval(() => {
    for (const address of addresses)
      socket.send('x', 9, address, (error) => (error ? count.refused++ : count.sent++));
  }, 20);
  return {
    async stop() {
      clearInterval(timer);
      await new Promise<void>((resolve) => socket.close(resolve));
      return count;
    },
  };
}
