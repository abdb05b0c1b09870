import { isIPv4 } from 'node:net';
import { InvalidArgumentError, type Command } from 'commander';
import { found, installed } from '../actions/ensure-toolchain';
import { Engine } from '../engine';
import { unable } from '../errors';
import { findLab, notUp, type UpLab } from '../lab/access';
import { parseLab } from '../lab/name';
import { print } from '../ui/prompt';
import { interruptible } from '../ui/signals';

interface Options {
  port?: number;
  listen?: string;
  jump?: boolean;
}

const LOOPBACK = '127.0.0.1';

function parsePort(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError('a port is a number from 1 to 65535');
}

function parseAddress(text: string): string {
  // A page is refused unless its Host is the address, and every address has another.
  if (isIPv4(text) && text !== '0.0.0.0') return text;
  throw new InvalidArgumentError('one IPv4 address of this host, such as 192.0.2.7');
}

/** Resolves when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

/**
 * Returns the command line of an SSH session that listens on the loopback of the first controller,
 * and forwards to the page. Who may log in there reaches the page, and no other lab's student does.
 */
function forwardTo({ outputs, files }: UpLab, page: string, port: number): string[] {
  const forward = ['-o', 'ExitOnForwardFailure=yes', '-R', `${LOOPBACK}:${port}:${page}`];
  // The session ends with its input, also if this process is killed.
  const session = [outputs.topology.nodes[0].name, '--', 'cat > /dev/null'];
  return ['ssh', '-F', files.sshConfig, '-T', ...forward, ...session];
}

async function runTour(name: string | undefined, options: Options): Promise<void> {
  const { port = 0, listen, jump } = options;
  const lab = parseLab(name);
  const tools = await installed();
  const up = await findLab(await Engine.open(tools), lab);
  if (!up) throw notUp(lab);
  // The server and the page load for this command only.
  const { Gate, LineWatcher, newToken, Tour, TourHttp } = await import('../../tour');
  const { openTourLab } = await import('../tour/tour-lab');
  const open = openTourLab(lab, up, { kubectl: tools.kubectl, toolchain: await found() });
  const token = newToken();
  const tour = new Tour(open);
  const server = new TourHttp(new Gate(token, listen), lab.stack, (socket) => tour.add(socket));
  const address = listen ?? LOOPBACK;
  let forwarding: InstanceType<typeof LineWatcher> | undefined;
  try {
    const taken = await server.listen(address, port).catch((error: Error) => {
      throw unable(`${address}:${port} can't be used: ${error.message}`, 'another --port');
    });
    print(`The tour of lab ${lab.stack} is at http://${address}:${taken}/${token}/`);
    print('Open it in a browser. The address is a key to your lab: keep it to yourself.');
    if (jump) {
      forwarding = new LineWatcher(forwardTo(up, `${address}:${taken}`, taken), () => undefined);
      print(`It is also at port ${taken} of ${LOOPBACK} on ${up.outputs.topology.nodes[0].name}.`);
    }
    print('Ctrl-C ends the tour. Your progress is kept.');
    await interruptible(
      ({ signal }) => aborted(signal),
      () => print('Ending the tour.'),
    );
  } finally {
    forwarding?.stop();
    tour.close();
    await server.close();
    await open.access.close();
  }
}

export function register(program: Command): void {
  program
    .command('tour [NAME]')
    .description('show the article as a guided page in the browser, with terminals on the nodes')
    .option('--port <PORT>', 'port of the page; default: any free port', parsePort)
    .option(
      '--listen <ADDRESS>',
      'address of this host to listen on; default: loopback only',
      parseAddress,
    )
    .option('--jump', "offer the page on controller-0 too, for a student of the lab's jump host")
    .action(runTour);
}
