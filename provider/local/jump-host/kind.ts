import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { attempt } from '../shared/command';
import { readDaemon, stopDaemon } from '../shared/daemon';
import {
  jumpHostFile,
  type JumpHostInputs,
  sshdAddress,
  SSHD_PORT,
  USER,
  userIdOf,
  writeFiles,
} from './files';
import { routerSnapshot } from '../router/router-snapshot';
import { routerOf } from '../shared/names';
import { deleteRule, ruleDrift, writeRule, type ResourceRule } from '../router/rules';
import { answers, serviceDrift, startService } from '../shared/service';
import { chooseSlot, slotAt } from '../shared/slots';
import { driftDifference, type Drifting } from '../shared/drift';

// Access for students from their own laptops, by two processes: an sshd in the lab's router, which
// has routes to this lab's nodes only, and a relay on the host, which accepts connections from
// permitted addresses.

interface JumpHostState extends JumpHostInputs, Drifting {
  /** Digest of the jump host's rule in the kernel. */
  installed: string;
}

/** Port of the jump host of the lab in slot 0. Later slots follow. */
const FIRST_PORT = 22_000;
export const jumpPort = (slot: number): number => FIRST_PORT + slot;

const SSHD = 'sshd.json';
const RELAY = 'relay.json';

const ruleOf = (lab: string): ResourceRule => ({ lab, chain: 'router', name: 'jump-host' });

/**
 * Describes the process that listens on a TCP port of the host, on any address: `sshd (process
 * 812)`; '' if none does.
 */
async function listenerOn(port: number): Promise<string> {
  const { stdout } = await attempt('ss', ['-Hltnp', `sport = :${port}`]);
  const [, program, pid] = /\(\("([^"]+)",pid=(\d+)/.exec(stdout) ?? [];
  if (program) return `${program} (process ${pid})`;
  return stdout.trim() && 'another program';
}

/**
 * Explains why the port of the lab's jump host is not available; '' if it is, or the jump host
 * already uses it.
 */
async function portTaken(lab: string, port: number): Promise<string> {
  if (readDaemon(jumpHostFile(lab, RELAY))) return '';
  const listener = await listenerOn(port);
  if (!listener) return '';
  return `port ${port} of this host, where students reach the jump host of lab ${lab}, is taken by ${listener}`;
}

/** Advice for a port that is taken. */
export const PORT_CURE =
  'stop that program, or create the lab without a jump host: --set jumpCidrs=';

/** Like `portTaken`, for a lab that may not exist yet and is created after `ahead` others. */
export const jumpPortTaken = (lab: string, pool: string, ahead = 0): Promise<string> =>
  portTaken(lab, jumpPort(chooseSlot(lab, pool, ahead)));

async function stop(lab: string): Promise<void> {
  await stopDaemon(jumpHostFile(lab, RELAY));
  // Killed without SIGTERM: that would reach unshare, which does not forward it.
  await stopDaemon(jumpHostFile(lab, SSHD), 0);
}

async function start(inputs: JumpHostInputs): Promise<JumpHostState> {
  const { lab, port } = inputs;
  const address = sshdAddress(inputs);
  await stop(lab);
  const taken = await portTaken(lab, port);
  if (taken) throw new Error(`${taken}: ${PORT_CURE}`);
  writeFiles(inputs);
  const installed = await writeRule(
    ruleOf(lab),
    `iifname "internet" ip saddr ${inputs.hostIp} ip daddr ${address} tcp dport ${SSHD_PORT}`,
  );
  await startService({
    lab,
    name: "the jump host's sshd",
    file: jumpHostFile(lab, SSHD),
    log: jumpHostFile(lab, 'log'),
    program: 'ip',
    args: [
      'netns',
      'exec',
      routerOf(lab),
      'unshare',
      '--mount',
      '--pid',
      '--ipc',
      '--uts',
      '--fork',
      '--kill-child',
      path.join(root, 'provider/local/jump-host/jump-host.sh'),
    ],
    environment: {
      DIRECTORY: jumpHostFile(lab),
      TREE: inputs.tree,
      USER_ID: String(inputs.userId),
    },
    listens: () => answers(lab, address, SSHD_PORT),
  });
  await startService({
    lab,
    name: "the jump host's relay",
    file: jumpHostFile(lab, RELAY),
    log: jumpHostFile(lab, 'relay.log'),
    program: 'haproxy',
    args: ['-db', '-f', jumpHostFile(lab, 'haproxy.cfg')],
    listens: async () => (await listenerOn(port)) !== '',
  });
  return { ...inputs, installed, trouble: '' };
}

async function relayDrift({ lab, port }: JumpHostState): Promise<string> {
  if (!readDaemon(jumpHostFile(lab, RELAY))) return 'its relay on the host has ended';
  if (await listenerOn(port)) return '';
  return `its relay on the host does not listen at port ${port}`;
}

async function trouble(state: JumpHostState): Promise<string> {
  const router = await routerSnapshot(state.lab);
  if (!router) return 'the router is missing';
  return [
    serviceDrift(jumpHostFile(state.lab, SSHD), router, sshdAddress(state), SSHD_PORT),
    await relayDrift(state),
    await ruleDrift(ruleOf(state.lab), state.installed),
  ]
    .filter(Boolean)
    .join('; ');
}

/** Jump host: a login from outside the host that reaches one lab's nodes only. */
export const jumpHostKind: ResourceKind<JumpHostInputs, JumpHostState> = {
  secrets: ['hostPrivateKey'],
  async check(news) {
    const failures: Failure[] = [];
    if (news.tree && !fs.existsSync(news.tree))
      failures.push({
        property: 'tree',
        reason: `${news.tree} does not exist: run ./lab start, which creates it`,
      });
    // Unknown in a preview that replaces the network.
    if (!news.publicPool || !news.publicCidr) return { inputs: { ...news, user: USER }, failures };
    const slot = slotAt(news.publicPool, news.publicCidr);
    const port = jumpPort(slot);
    const taken = await portTaken(String(news.lab), port);
    if (taken) failures.push({ property: 'port', reason: `${taken}: ${PORT_CURE}` });
    return { inputs: { ...news, user: USER, port, userId: userIdOf(slot) }, failures };
  },
  async diff(olds, news, unknown) {
    return driftDifference(olds, news, unknown, () => true);
  },
  async create(inputs) {
    return { id: `${inputs.lab}/jump-host`, state: await start(inputs) };
  },
  async read(_id, state) {
    return { ...state, trouble: await trouble(state) };
  },
  async update(_id, _olds, news) {
    return start(news);
  },
  async delete(_id, state) {
    await stop(state.lab);
    await deleteRule(ruleOf(state.lab));
    fs.rmSync(jumpHostFile(state.lab), { recursive: true, force: true });
  },
};
