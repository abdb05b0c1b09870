import { InvalidArgumentError, type Command } from 'commander';
import { found, installed } from '../actions/ensure-toolchain';
import { Engine } from '../engine';
import { unable } from '../errors';
import { findLab, notUp } from '../lab/access';
import { parseLab } from '../lab/name';
import { print } from '../ui/prompt';
import { interruptible } from '../ui/signals';

interface Options {
  port?: number;
  listen?: string;
}

const LOOPBACK = '127.0.0.1';

function parsePort(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError('a port is a number from 1 to 65535');
}

/** Resolves when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

async function runTour(name: string | undefined, { port = 0, listen }: Options): Promise<void> {
  const lab = parseLab(name);
  const tools = await installed();
  const up = await findLab(await Engine.open(tools), lab);
  if (!up) throw notUp(lab);
  // The server and the page load for this command only.
  const { Gate, newToken, Tour, TourHttp } = await import('../../tour');
  const { openTourLab } = await import('../tour/tour-lab');
  const open = openTourLab(lab, up, { kubectl: tools.kubectl, toolchain: await found() });
  const token = newToken();
  const tour = new Tour(open);
  const server = new TourHttp(new Gate(token, listen), lab.stack, (socket) => tour.add(socket));
  const address = listen ?? LOOPBACK;
  try {
    const taken = await server.listen(address, port).catch((error: Error) => {
      throw unable(`${address}:${port} can't be used: ${error.message}`, 'another --port');
    });
    print(`The tour of lab ${lab.stack} is at http://${address}:${taken}/${token}/`);
    print('Open it in a browser. The address is a key to your lab: keep it to yourself.');
    print('Ctrl-C ends the tour. Your progress is kept.');
    await interruptible(
      ({ signal }) => aborted(signal),
      () => print('Ending the tour.'),
    );
  } finally {
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
    .option('--listen <ADDRESS>', 'address of this host to listen on; default: loopback only')
    .action(runTour);
}
