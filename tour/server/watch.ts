import { type ChildProcess, spawn } from 'node:child_process';
import type { Flow } from '../../checks';
import { parseFlowEvent } from '../proof';

/** Command on a node that prints tracked connections until its input ends. */
export const WATCH_FLOWS =
  "sudo sh -c 'conntrack -E -e NEW,UPDATES 2> /dev/null & C=$!; cat > /dev/null; kill $C' | " +
  "grep --line-buffered -E 'icmp|dport=(80|3[0-2][0-9]{3}) '";

/** Seconds until a watcher that ended is started again. */
const PAUSE = 5;

/** Runs a program that prints lines for as long as it is watched. Starts it again if it ends. */
export class LineWatcher {
  private child?: ChildProcess;
  private timer?: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly command: string[],
    private readonly onLine: (line: string) => void,
  ) {
    this.start();
  }

  private start(): void {
    const [program, ...args] = this.command;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    this.child = child;
    let rest = '';
    child.stdin.on('error', () => undefined);
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop()!;
      lines.forEach(this.onLine);
    });
    const again = (): void => {
      if (!this.stopped) this.timer ??= setTimeout(() => this.restart(), PAUSE * 1000);
    };
    child.on('error', again);
    child.on('close', again);
  }

  private restart(): void {
    this.timer = undefined;
    if (!this.stopped) this.start();
  }

  /** Ends the program. What it has started elsewhere ends with its input. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.child?.kill();
  }
}

/** Most connections that are remembered for each node. */
const REMEMBERED = 500;

/** Remembers the connections that nodes have tracked. */
export class SeenFlows {
  private readonly flows = new Map<string, Flow[]>();

  /** Adds a line of `conntrack -E`; returns the connection. */
  add(node: string, line: string): Flow | undefined {
    const flow = parseFlowEvent(line);
    if (flow) this.flows.set(node, [...this.of(node), flow].slice(-REMEMBERED));
    return flow;
  }

  of(node: string): Flow[] {
    return this.flows.get(node) ?? [];
  }
}
