import * as fs from 'node:fs';
import * as path from 'node:path';
import { until } from '../support/until';
import { failures, lab, labPrints, run, state, verify } from '../support/command';
import { alive } from '../support/killing';
import { slotOf, tracesOf } from '../support/leftovers';

/**
 * The whole machine rebooted, as far as a lab can tell: its processes are gone, and all that is kept in memory: network
 * namespaces, links, routes (the pool's blackhole, too), cgroups. What is on disk stays: state, and the machines' disks.
 */

const LAB = 'local-reboot';
/** Of its own, so that its blackhole route is nobody else's; these addresses are for providers' inner use. */
const POOL = '100.127.0.0/16';
const WATCH = 'hardway_reboot_test';

jest.setTimeout(20 * 60_000);

function processes(): number[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          fs.readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HARDWAY_OWNER=${LAB}\0`) ||
          fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/hardway/${LAB}/`)
        );
      } catch {
        return false;
      }
    })
    .filter(alive);
}

function removeGroups(directory: string): void {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(path.join(directory, entry.name));
  fs.rmdirSync(directory);
}

async function reboot(): Promise<void> {
  const { link } = slotOf(LAB)!;
  await until('every process of the lab is gone', () => {
    const found = processes();
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        continue;
      }
    }
    return found.length === 0;
  });
  for (const name of fs
    .readdirSync('/run/netns')
    .filter((entry) => entry.startsWith(`hardway.${LAB}.`)))
    await run('ip', ['netns', 'del', name]);
  // Its end in the router's namespace is gone, and it with that; only the blackhole is the machine's own.
  await until(`${link} goes with the router`, () => !fs.existsSync(`/sys/class/net/${link}`));
  expect((await run('ip', ['route', 'del', 'blackhole', POOL])).code).toBe(0);
  for (const hierarchy of ['', ...fs.readdirSync('/sys/fs/cgroup')]) {
    const group = path.join('/sys/fs/cgroup', hierarchy, 'hardway', LAB);
    if (fs.existsSync(group)) removeGroups(group);
  }
  const left = (await tracesOf(LAB, link)).filter((line) => !/^(state|directory|slot) /.test(line));
  expect(left).toEqual([]);
}

/** Packets for the pool that would have left this machine by another interface than a lab's; they are dropped. */
async function strays(): Promise<number> {
  const listing = await run('nft', ['list', 'table', 'inet', WATCH]);
  return Number(/packets (\d+)/.exec(listing.stdout)![1]);
}

beforeAll(async () => {
  const rule = `ip daddr ${POOL} oifname != "hw*" oifname != "lo" counter drop`;
  const ruleset = `table inet ${WATCH} { chain output { type filter hook output priority 0; ${rule}; }; }\n`;
  expect(await run('nft', ['-f', '-'], { input: ruleset })).toMatchObject({ code: 0 });
  await labPrints(
    'up',
    LAB,
    '--yes',
    '--stage',
    'network',
    '--set',
    'controllers=1',
    '--set',
    'workers=2',
    ...['publicPool', 'adminCidrs', 'nodePortCidrs'].flatMap((key) => ['--set', `${key}=${POOL}`]),
  );
});

afterAll(async () => {
  await lab('down', LAB, '--yes');
  await run('nft', ['delete', 'table', 'inet', WATCH]);
  await run('ip', ['route', 'del', 'blackhole', POOL]);
  fs.rmSync(state, { recursive: true, force: true });
});

it('status says that everything is gone, and sends nothing out of the machine to find out', async () => {
  await reboot();
  const status = await lab('status', LAB);
  expect(status.code).toBe(1);
  expect(status.stdout).toMatch(/worker-1 .*no answer/);
  expect(status.stdout).toMatch(/network and router: the router does not exist/);
  expect(status.stdout).toMatch(/machine worker-1: it does not run/);
  expect(status.stdout).toMatch(/To do: \.\/lab up local-reboot/);
  expect(await strays()).toBe(0);
});

it('up makes the lab again, and it works', async () => {
  await run('ip', ['route', 'del', 'blackhole', POOL]);
  await labPrints('up', LAB, '--yes');
  expect((await run('ip', ['route'])).stdout).toContain(`blackhole ${POOL}`);
  expect(JSON.parse(await labPrints('status', LAB, '--json'))).toMatchObject({
    state: 'up',
    differs: false,
  });
  expect(failures(await verify(LAB, 'nodes.ping', 'route.vpc', 'nat.ping', 'svc.chains'))).toEqual(
    [],
  );
  expect(await strays()).toBe(0);
});

it('down after a reboot leaves nothing', async () => {
  await reboot();
  const { link } = slotOf(LAB)!;
  await labPrints('down', LAB, '--yes');
  expect(await tracesOf(LAB, link)).toEqual([]);
  expect(await strays()).toBe(0);
});
