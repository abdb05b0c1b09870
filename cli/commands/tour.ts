import * as fs from 'node:fs';
import type { Command } from 'commander';
import { installed } from '../actions/ensure-toolchain';
import { Engine } from '../engine';
import { findLab, installCure, notUp, type UpLab } from '../lab/access';
import { parseLab } from '../lab/name';
import { LOOPBACK, servePage } from '../ui/serve-page';
import { textIf } from '../../util/optional';
import { parseAddress, parsePort } from './options';

interface Options {
  port?: number;
  listen?: string;
  jump?: boolean;
}

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
  const { port, listen, jump } = options;
  const lab = parseLab(name);
  const tools = await installed(installCure(lab));
  const up = await findLab(await Engine.open(tools), lab);
  if (!up) throw notUp(lab);
  // The tour loads for this command only.
  const { LineWatcher, Tour } = await import('../../tour');
  const { openTourLab } = await import('../tour/tour-lab');
  const open = openTourLab(lab, up, tools);
  const tour = new Tour(open);
  let forwarding: InstanceType<typeof LineWatcher> | undefined;
  const offerOnController = (address: string, taken: number): string => {
    forwarding = new LineWatcher(forwardTo(up, `${address}:${taken}`, taken), () => undefined);
    return `It is also at port ${taken} of ${LOOPBACK} on ${up.outputs.topology.nodes[0].name}.`;
  };
  try {
    await servePage({
      page: { sources: 'tour/page', values: { lab: lab.stack } },
      title: `The tour of lab ${lab.stack}`,
      about: (address, taken) => {
        const lines = [
          'Open it in a browser. The address is a key to your lab: keep it to yourself.',
          'Ctrl-C ends the tour. Your progress is kept.',
        ];
        if (jump) lines.splice(1, 0, offerOnController(address, taken));
        return lines;
      },
      listen,
      port,
      onBrowser: (socket) => tour.add(socket),
      endReason: () => textIf(!fs.existsSync(up.files.directory), 'the lab was removed'),
    });
  } finally {
    forwarding?.stop();
    tour.close();
    await open.access.close();
  }
}

export function register(program: Command): void {
  program
    .command('tour [NAME]')
    .description(
      'show the article as a guided page in the browser, with terminals on the nodes; exit 0 on Ctrl-C',
    )
    .option('--port <PORT>', 'port of the page; default: any free port', parsePort)
    .option(
      '--listen <ADDRESS>',
      'one address of this host to listen on, not 0.0.0.0; default: loopback only',
      parseAddress,
    )
    .option('--jump', "offer the page on controller-0 too, for a student of the lab's jump host")
    .action(runTour);
}
