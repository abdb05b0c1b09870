import * as https from 'node:https';
import * as net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Call, Failure, Properties, ResourceKind } from '../protocol/resource-kind';

interface ReachableInputs {
  protocol: 'ssh' | 'https';
  host: string;
  port: number;
  path?: string;
  caCertificate?: string;
  generation: string;
  seconds: number;
  /** First line of the failure, without its time limit and cause. */
  failure: string;
  /** Lines after the first one: what may be in the way, and what to do. */
  advice: string;
}

/** Limit of one attempt, in seconds. */
const ATTEMPT = 5;
/** Pause between two attempts, in seconds. */
const PAUSE = 1;

/** Resolves when an SSH server sends its banner. Rejects with the reason otherwise. */
function sshBanner({ host, port }: ReachableInputs): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const end = (error?: Error): void => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    let text = '';
    socket.setTimeout(ATTEMPT * 1000, () => end(new Error(`no answer within ${ATTEMPT} s`)));
    socket.on('error', end);
    socket.on('close', () => end(new Error('the connection was closed without an SSH banner')));
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (/^SSH-2\.0-/m.test(text)) end();
      else if (text.length > 4096) end(new Error('the answer is no SSH banner'));
    });
  });
}

/**
 * Resolves when a server of that CA answers an HTTPS request with 200. Otherwise rejects with the
 * reason.
 */
function httpsAnswer({ host, port, path, caCertificate }: ReachableInputs): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = https.get(
      // No agent: a connection that is kept would hide a balancer that no longer answers new ones.
      {
        host,
        port,
        path,
        ca: caCertificate,
        agent: false,
        signal: AbortSignal.timeout(ATTEMPT * 1000),
      },
      (response) => {
        response.resume();
        if (response.statusCode === 200) resolve();
        else reject(new Error(`HTTP status ${response.statusCode}`));
      },
    );
    request.on('error', (error) => {
      if (error.name === 'AbortError') reject(new Error(`no answer within ${ATTEMPT} s`));
      else reject(error);
    });
  });
}

/**
 * Asks until the address answers. After `seconds`, throws an Error with the failure, the last
 * reason and the advice.
 */
async function answers(inputs: ReachableInputs, call?: Call): Promise<void> {
  const ask = { ssh: sshBanner, https: httpsAnswer }[inputs.protocol];
  const end = Date.now() + inputs.seconds * 1000;
  for (;;) {
    let reason: string;
    try {
      return await ask(inputs);
    } catch (error) {
      reason = (error as Error).message;
    }
    if (call?.signal.aborted) throw new Error('the run was interrupted');
    if (Date.now() >= end)
      throw new Error(
        `${inputs.failure} within ${limit(inputs.seconds)}.\nLast attempt: ${reason}.\n${inputs.advice}`,
      );
    call?.status(`waiting for ${inputs.host}:${inputs.port}: ${reason}`);
    await wait(PAUSE * 1000);
  }
}

/** Formats a limit: `6 min`, `90 s`. */
function limit(seconds: number): string {
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}

/**
 * Waits for an address to answer from the host that runs Pulumi. Every change of an input asks
 * again.
 */
export const reachable: ResourceKind<ReachableInputs, ReachableInputs> = {
  async check(news, _olds, unknown) {
    return { inputs: news as Properties, failures: mistakes(news, unknown) };
  },
  async create(inputs, call) {
    await answers(inputs, call);
    return { id: `${inputs.protocol}:${inputs.host}:${inputs.port}`, state: inputs };
  },
  async update(_id, _olds, news, call) {
    await answers(news, call);
    return news;
  },
  async delete() {},
};

function mistakes(news: Partial<ReachableInputs>, unknown: Set<string>): Failure[] {
  const failures: Failure[] = [];
  if (!unknown.has('protocol') && !['ssh', 'https'].includes(news.protocol!))
    failures.push({ property: 'protocol', reason: 'protocol must be ssh or https' });
  if (!unknown.has('host') && !news.host)
    failures.push({ property: 'host', reason: 'host must be an address' });
  return failures;
}

/** Kinds that wait for an answer, by token. */
export const reachableKinds: Record<string, ResourceKind<any, any>> = {
  'hardway:wait:Reachable': reachable,
};
