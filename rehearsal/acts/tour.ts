import { spawn } from 'node:child_process';
import * as path from 'node:path';
import WebSocket from 'ws';
import type { ServerMessage } from '../../tour/server/messages';
import { root } from '../../util/repo-root';
import { programEnvironment } from '../environment';
import { check, LAB, labSucceeds, type Stage, until } from './stage';

/** Step with a walk between the article's two busybox pods. */
const STEP = 'nat.ping';

/** A browser's connection to the page of a tour. */
class Page {
  readonly messages: ServerMessage[] = [];

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) =>
      this.messages.push(JSON.parse(String(data as Buffer)) as ServerMessage),
    );
  }

  static open(url: string): Promise<Page> {
    const { origin } = new URL(url);
    const socket = new WebSocket(new URL('socket', url.replace(/^http/, 'ws')), { origin });
    const page = new Page(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(page));
      socket.on('error', reject);
    });
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Text that a place's terminal has shown. */
  screen(place: string): string {
    return this.messages
      .flatMap((one) => (one.type === 'output' && one.place === place ? [one.data] : []))
      .join('');
  }

  close(): void {
    this.socket.terminate();
  }
}

/** Types a command in a terminal, and expects its output. */
async function terminalAnswers(page: Page, place: string, name: string): Promise<void> {
  page.send({ type: 'open', place, columns: 80, rows: 24 });
  await until(() => page.screen(place).includes('$'), {
    seconds: 30,
    otherwise: `the terminal ${place} has no prompt`,
  });
  // The output differs from the command, which the terminal shows too.
  page.send({ type: 'input', place, data: 'echo "on:$(hostname)"\r' });
  await until(() => page.screen(place).includes(`on:${name}`), {
    seconds: 20,
    otherwise: `the terminal ${place} is not on ${name}: ${page.screen(place)}`,
  });
}

async function walkIsDrawn(page: Page): Promise<void> {
  page.send({ type: 'walk', step: STEP });
  const drawn = () => page.messages.find((one) => one.type === 'walk');
  await until(() => drawn() !== undefined, { seconds: 60, otherwise: 'no walk was drawn' });
  const { ending, forward } = drawn()!;
  check(ending.startsWith('Delivered to pod default/busybox0-'), `the walk: ${ending}`);
  const router = forward.find(({ place }) => place === 'VPC router');
  const isRouted = router?.lines.some((line) => /^route: rtb-.* via worker-\d/.test(line));
  check(isRouted === true, `the walk shows no route of the VPC: ${JSON.stringify(forward)}`);
}

/** Opens the tour of the lab: its page, a terminal on each node of the article, and a walk. */
export async function playTour(stage: Stage): Promise<void> {
  const pods = path.join(root, 'examples/busybox.yaml');
  const kubectl = (...words: string[]) => labSucceeds(stage, 'kubectl', LAB, '--', ...words);
  await kubectl('apply', '-f', pods);
  const served = spawn(path.join(root, 'lab'), ['tour', LAB], { env: programEnvironment() });
  let printed = '';
  for (const stream of [served.stdout, served.stderr])
    stream.on('data', (text) => (printed += String(text)));
  try {
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s');
    const address = () => /http:\S+\//.exec(printed)?.[0];
    await until(() => address() !== undefined, { seconds: 60, otherwise: `no tour: ${printed}` });
    const page = await Page.open(address()!);
    for (const [place, name] of [
      ['laptop', 'controller-0'],
      ['worker-0', 'worker-0'],
      ['worker-1', 'worker-1'],
    ])
      await terminalAnswers(page, place, name);
    await walkIsDrawn(page);
    page.close();
  } finally {
    served.kill('SIGINT');
    await kubectl('delete', '-f', pods, '--ignore-not-found');
  }
}
