import * as fs from 'node:fs';
import { killedAt, type Moment, type Victim } from '../support/killing';
import { lab, labPrints, state, withConfig } from '../support/command';
import { slotOf, tracesOf } from '../support/leftovers';

/**
 * Kills `up` and `down` with SIGKILL at twenty moments each, and `up` of a cluster at five more.
 *
 * A moment is an entry of the engine's state file, which the engine writes before and after each operation ("creating
 * Route", "created LoadBalancer"). The moments include every kind of resource, mostly during its creation, when the
 * state does not have it yet. A life is killed at the first of its moments of `up` that comes; the
 * next `up` has to continue, and is killed at the next moment; the last `up` completes. Then the same
 * with `down`. Two of five kills end all processes, or ./lab only, instead of the engine.
 */

interface Life {
  what: string;
  stage: 'none' | 'cluster';
  up: Moment[];
  down: Moment[];
}

const during = (when: 'creating' | 'created' | 'deleting' | 'deleted', of: RegExp): Moment => ({
  when,
  of,
});

const LIVES: Life[] = [
  {
    what: 'the lock, keys, the site, the network, machines',
    stage: 'none',
    up: [
      { when: 'locked' },
      during('creating', /SshKey ssh-key/),
      during('created', /Site/),
      during('creating', /Network/),
      during('creating', /Instance controller-0/),
    ],
    down: [
      { when: 'locked' },
      during('deleted', /Command/),
      during('deleting', /LoadBalancer/),
      during('deleting', /Network/),
      during('deleted', /Network/),
    ],
  },
  {
    what: 'the authority, routes, commands on the machines',
    stage: 'none',
    up: [
      during('creating', /CertificateAuthority/),
      during('created', /Network/),
      during('creating', /Route/),
      during('creating', /Command machine@controller-0/),
      during('created', /Command/),
    ],
    down: [
      during('deleting', /Certificate /),
      during('deleting', /FirewallRule/),
      during('deleting', /Instance worker-0/),
      during('deleting', /SshKey/),
      during('deleting', /Site/),
    ],
  },
  {
    what: 'rules, the mirror, certificates',
    stage: 'none',
    up: [
      during('creating', /Network/),
      during('creating', /FirewallRule/),
      during('creating', /ImageMirror/),
      during('created', /Instance/),
      during('creating', /Certificate pki-worker-0/),
    ],
    down: [
      during('deleted', /Certificate /),
      during('deleting', /ImageMirror/),
      during('deleting', /Instance controller-0/),
      during('deleted', /Instance/),
      during('deleted', /Site/),
    ],
  },
  {
    what: 'the load balancer, machines, commands on them',
    stage: 'none',
    up: [
      during('creating', /LoadBalancer/),
      during('created', /FirewallRule/),
      during('creating', /Instance worker-0/),
      during('created', /LoadBalancer/),
      during('creating', /Command machine@worker-0/),
    ],
    down: [
      during('deleting', /Route/),
      during('deleted', /ImageMirror/),
      during('deleted', /LoadBalancer/),
      during('deleting', /Instance/),
      during('deleted', /SshKey/),
    ],
  },
  {
    what: 'a cluster, with its commands in flight',
    stage: 'cluster',
    up: [
      'machine@worker-0',
      'control-plane@controller-0',
      'objects@controller-0',
      'registration@worker-0',
      'workloads@controller-0',
    ].map((name) => during('creating', new RegExp(`Command ${name}`))),
    down: [],
  },
];

const VICTIMS: Victim[] = ['engine', 'all', 'engine', 'engine', 'command'];
const LAB = 'local-kill';
const DOWN = ['down', LAB, '--yes'];
/** Rounds of a life in which every moment must come. */
const ROUNDS = 8;
/** Kills of `down` in a round after which `up` repairs the lab. */
const KILLS_BEFORE_UP = 2;

jest.setTimeout(20 * 60_000);

let link: string | undefined;
let kills = 0;

/**
 * Runs a command repeatedly and kills it each time at the first of `moments` that comes, until it
 * completes or was killed `limit` times. Removes the reached moments. Returns whether the command
 * completed.
 */
async function killedOver(moments: Moment[], args: string[], limit = Infinity): Promise<boolean> {
  for (let count = 0; count < limit && moments.length > 0; count++) {
    const killed = await killedAt(LAB, args, moments, VICTIMS[kills % VICTIMS.length]);
    link = slotOf(LAB)?.link ?? link;
    if (!killed.hit) {
      if (killed.code !== 0)
        throw new Error(`./lab ${args.join(' ')} exited ${killed.code}:\n${killed.output}`);
      return true;
    }
    kills++;
    moments.splice(moments.indexOf(killed.moment!), 1);
  }
  return false;
}

/** Expects that the lab is up without drift. */
async function expectWhole(): Promise<void> {
  const status = await lab('status', LAB, '--json');
  if (status.code !== 0) throw new Error(`${status.stdout}\n${lastWords()}`);
  expect(JSON.parse(status.stdout)).toMatchObject({ state: 'up', differs: false });
}

/** Returns the end of the logs of the router's services. */
const lastWords = (): string =>
  ['mirror', 'balancer']
    .map((service) => {
      const log = `${process.env.HARDWAY_CLOUD ?? '/var/lib/hardway'}/labs/${LAB}/${service}/log`;
      return `${service}: ${fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().slice(-1000) : 'no log'}`;
    })
    .join('\n');

afterAll(async () => {
  await lab(...DOWN);
  fs.rmSync(state, { recursive: true, force: true });
});

test('the lives without a cluster include twenty moments of up and twenty of down', () => {
  const alone = LIVES.filter(({ stage }) => stage === 'none');
  expect([alone.flatMap(({ up }) => up).length, alone.flatMap(({ down }) => down).length]).toEqual([
    20, 20,
  ]);
});

test.each(LIVES)(
  'the next up completes and down leaves nothing after $up.length kills of up and $down.length of down ($what)',
  async ({ stage, up, down }) => {
    const command = [
      'up',
      LAB,
      '--yes',
      '--stage',
      stage,
      ...withConfig({ controllers: 1, workers: 1 }),
    ];
    const [upLeft, downLeft] = [[...up], [...down]];
    kills = 0;
    for (
      let round = 1;
      round === 1 || (upLeft.length + downLeft.length > 0 && round <= ROUNDS);
      round++
    ) {
      const isUp = await killedOver(upLeft, command);
      if (!isUp) await labPrints(...command);
      await expectWhole();
      // In every other round, the next `up` continues from the leftovers of a killed `down`.
      const limit = round % 2 === 1 ? KILLS_BEFORE_UP : Infinity;
      if (await killedOver(downLeft, DOWN, limit)) expect(await tracesOf(LAB, link)).toEqual([]);
    }
    await labPrints(...DOWN);
    expect(await tracesOf(LAB, link)).toEqual([]);
    expect({ upLeft, downLeft, kills }).toEqual({
      upLeft: [],
      downLeft: [],
      kills: up.length + down.length,
    });
  },
);
