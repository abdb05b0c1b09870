import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { attempt } from '../shared/command';
import { readDaemon, stopDaemon } from '../shared/daemon';
import { place, sshdAddress, SSHD_PORT, USER, userIdOf, writeFiles } from './files';
import { look } from '../router/router-snapshot';
import { routerOf } from '../shared/names';
import { deleteRule, ruleTrouble, writeRule, type OwnRule } from '../router/rules';
import { answers, serviceTrouble, startService } from '../shared/service';
import { chooseSlot, slotAt } from '../shared/slots';
import { troubledDifference, type Troubled } from '../shared/drift';

// How students reach a lab from their own laptops. Two processes: an sshd in the lab's router, where routes lead to this
// lab's machines only, and before it a relay on this machine, which takes connections from those who may come.

export interface JumpHostInputs {
  lab: string;
  /** Generation of the network that it is in. */
  network: string;
  publicPool: string;
  publicCidr: string;
  /** This machine's address toward the lab. */
  hostIp: string;
  /** What it leads to, any port. */
  nodes: { name: string; privateIp: string }[];
  /** And the API's load balancer. */
  api: { address: string; port: number };
  /** CIDRs that may connect from outside this machine. */
  sources: string[];
  hostPublicKey: string;
  hostPrivateKey: string;
  /** Line of authorized_keys: the lab's own key. */
  authorizedKey: string;
  tree: string;
  /** Whom students log in as. */
  user: string;
  /** Where this machine listens; the lab's own. */
  port: number;
  /** Whom everything of it runs as; the lab's own. */
  userId: number;
}

interface JumpHostState extends JumpHostInputs, Troubled {
  /** Digest of its rule as the kernel holds it. */
  installed: string;
}

/** Ports of jump hosts count from here, by the lab's place in the pool. */
const FIRST_PORT = 22_000;
export const jumpPort = (slot: number): number => FIRST_PORT + slot;

const SSHD = 'sshd.json';
const RELAY = 'relay.json';

const ruleOf = (lab: string): OwnRule => ({ lab, chain: 'router', name: 'jump-host' });

/** What listens on a TCP port of this machine, whatever the address: `sshd (process 812)`; '' where nothing does. */
async function listenerOn(port: number): Promise<string> {
  const { stdout } = await attempt('ss', ['-Hltnp', `sport = :${port}`]);
  const [, program, pid] = /\(\("([^"]+)",pid=(\d+)/.exec(stdout) ?? [];
  return program ? `${program} (process ${pid})` : stdout.trim() && 'another program';
}

/** Why the lab's jump host can't have its port of this machine, in words; '' where it can, or has it. */
async function portTaken(lab: string, port: number): Promise<string> {
  const other = readDaemon(place(lab, RELAY)) ? '' : await listenerOn(port);
  return (
    other &&
    `port ${port} of this machine, where students reach the jump host of lab ${lab}, is taken by ${other}`
  );
}

/** What to do about that. */
export const PORT_CURE = 'end that, or do without a jump host: --set jumpCidrs=';

/** The same for a lab that may not be there yet, and is going to be made after `ahead` others. */
export const jumpPortTaken = (lab: string, pool: string, ahead = 0): Promise<string> =>
  portTaken(lab, jumpPort(chooseSlot(lab, pool, ahead)));

async function stop(lab: string): Promise<void> {
  await stopDaemon(place(lab, RELAY));
  // Not asked to: that would be unshare, which doesn't pass it on.
  await stopDaemon(place(lab, SSHD), 0);
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
    file: place(lab, SSHD),
    log: place(lab, 'log'),
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
    environment: { DIRECTORY: place(lab), TREE: inputs.tree, USER_ID: String(inputs.userId) },
    listens: () => answers(lab, address, SSHD_PORT),
  });
  await startService({
    lab,
    name: "the jump host's relay",
    file: place(lab, RELAY),
    log: place(lab, 'relay.log'),
    program: 'haproxy',
    args: ['-db', '-f', place(lab, 'haproxy.cfg')],
    listens: async () => (await listenerOn(port)) !== '',
  });
  return { ...inputs, installed, trouble: '' };
}

async function relayTrouble({ lab, port }: JumpHostState): Promise<string> {
  if (!readDaemon(place(lab, RELAY))) return 'its relay on this machine has ended';
  return (await listenerOn(port))
    ? ''
    : `its relay on this machine does not listen at port ${port}`;
}

async function trouble(state: JumpHostState): Promise<string> {
  const router = await look(state.lab);
  if (!router) return 'its router is gone';
  return [
    serviceTrouble(place(state.lab, SSHD), router, sshdAddress(state), SSHD_PORT),
    await relayTrouble(state),
    await ruleTrouble(ruleOf(state.lab), state.installed),
  ]
    .filter(Boolean)
    .join('; ');
}

/** A login from outside this machine that leads to one lab's machines and nowhere else. */
export const jumpHostKind: ResourceKind<JumpHostInputs, JumpHostState> = {
  secrets: ['hostPrivateKey'],
  async check(news) {
    const failures: Failure[] = [];
    if (news.tree && !fs.existsSync(news.tree))
      failures.push({
        property: 'tree',
        reason: `${news.tree} is not there: run ./lab start, which makes it`,
      });
    // In a preview of a network that is replaced by another, not known yet.
    if (!news.publicPool || !news.publicCidr) return { inputs: { ...news, user: USER }, failures };
    const slot = slotAt(news.publicPool, news.publicCidr);
    const port = jumpPort(slot);
    const taken = await portTaken(String(news.lab), port);
    if (taken) failures.push({ property: 'port', reason: `${taken}: ${PORT_CURE}` });
    return { inputs: { ...news, user: USER, port, userId: userIdOf(slot) }, failures };
  },
  async diff(olds, news, unknown) {
    return troubledDifference(olds, news, unknown, () => true);
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
    fs.rmSync(place(state.lab), { recursive: true, force: true });
  },
};
