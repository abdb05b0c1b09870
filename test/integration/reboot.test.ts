import * as fs from 'node:fs';
import * as path from 'node:path';
import { until } from '../support/until';
import { failures, lab, labPrints, run, state, verify, withConfig } from '../support/command';
import { alive } from '../support/killing';
import { slotOf, tracesOf } from '../support/leftovers';

/**
 * Simulates a reboot of the host for one lab: ends its processes and deletes its network namespaces, links, routes (also
 * the pool's blackhole route) and cgroups. State and the nodes' disks stay.
 */

const LAB = 'local-reboot';
/** Dedicated pool, so that no other lab uses its blackhole route (RFC 6598 addresses for providers). */
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
  await until('no process of the lab is left', () => {
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
  // The kernel deletes the link together with the router's namespace. Only the blackhole route belongs to the host.
  await until(`${link} goes with the router`, () => !fs.existsSync(`/sys/class/net/${link}`));
  expect((await run('ip', ['route', 'del', 'blackhole', POOL])).code).toBe(0);
  for (const hierarchy of ['', ...fs.readdirSync('/sys/fs/cgroup')]) {
    const group = path.join('/sys/fs/cgroup', hierarchy, 'hardway', LAB);
    if (fs.existsSync(group)) removeGroups(group);
  }
  const left = (await tracesOf(LAB, link)).filter(
    (line) => !/^(state|directory|record|slot) /.test(line),
  );
  expect(left).toEqual([]);
}

/** Counts the packets for the pool that would have left the host by another interface than a lab's. They are dropped. */
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
    ...withConfig({ controllers: 1, workers: 2 }),
    ...['publicPool', 'adminCidrs', 'nodePortCidrs'].flatMap((key) => ['--set', `${key}=${POOL}`]),
  );
});

afterAll(async () => {
  await lab('down', LAB, '--yes');
  await run('nft', ['delete', 'table', 'inet', WATCH]);
  await run('ip', ['route', 'del', 'blackhole', POOL]);
  fs.rmSync(state, { recursive: true, force: true });
});

test('status after a reboot reports the missing resources, and sends no packet out of the host', async () => {
  await reboot();
  const status = await lab('status', LAB);
  expect(status.code).toBe(1);
  expect(status.stdout).toMatch(/worker-1 .*no answer/);
  expect(status.stdout).toMatch(/network and router: the router is missing/);
  expect(status.stdout).toMatch(/nodes controller-0, worker-0 and worker-1: it does not run/);
  expect(status.stdout).toMatch(/To do: \.\/lab up local-reboot/);
  expect(await strays()).toBe(0);
});

test('up after a reboot recreates the lab, and its checks pass', async () => {
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

test('down after a reboot leaves nothing', async () => {
  await reboot();
  const { link } = slotOf(LAB)!;
  await labPrints('down', LAB, '--yes');
  expect(await tracesOf(LAB, link)).toEqual([]);
  expect(await strays()).toBe(0);
});
