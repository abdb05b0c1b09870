import * as fs from 'node:fs';
import { asRoot, labPrints, onNode, run, state, withConfig } from '../support/command';
import { bombard, Watch } from '../support/watch';

// Tests that the packets of a lab, and root in its nodes, stay inside the lab.

const LAB = 'local-walls';
/** Pool inside the blackholed pool of the other tests' labs, used by this lab only. */
const POOL = '198.19.0.0/16';

jest.setTimeout(20 * 60_000);

let watch: Watch;

beforeAll(async () => {
  watch = await Watch.start();
});
afterAll(async () => {
  await labPrints('down', LAB, '--yes');
  await watch.stop();
  await run('ip', ['route', 'del', 'blackhole', POOL]);
  fs.rmSync(state, { recursive: true, force: true });
});

describe('the watcher', () => {
  const NAMESPACE = 'hardway-test-walls';

  test.each(['10.240.0.20', '10.200.1.2', '10.32.0.10', '198.18.0.20'])(
    'sees a packet to %s that leaves by another interface',
    async (address) => {
      // The test has its own interface in its own namespace, without a host on the other side.
      for (const args of [
        ['netns', 'add', NAMESPACE],
        ['-n', NAMESPACE, 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'nowhere'],
        ['-n', NAMESPACE, 'addr', 'add', '192.0.2.1/24', 'dev', 'out'],
        ['-n', NAMESPACE, 'link', 'set', 'out', 'up'],
        ['-n', NAMESPACE, 'link', 'set', 'nowhere', 'up'],
        ['-n', NAMESPACE, 'neigh', 'add', '192.0.2.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'out'],
        ['-n', NAMESPACE, 'route', 'add', 'default', 'via', '192.0.2.2'],
      ]) {
        expect(await run('ip', args)).toMatchObject({ code: 0 });
      }
      const control = await Watch.start(NAMESPACE);
      const send = (to: string): Promise<unknown> =>
        run('ip', ['netns', 'exec', NAMESPACE, 'bash', '-c', `echo x > /dev/udp/${to}/9`]);
      try {
        expect(await send('192.0.2.2')).toMatchObject({ code: 0 });
        expect(await control.seen()).toEqual({ escaped: 0, own: 0 });
        expect(await send(address)).toMatchObject({ code: 0 });
        expect(await control.seen()).toEqual({ escaped: 1, own: 0 });
      } finally {
        await run('ip', ['netns', 'del', NAMESPACE]);
      }
    },
  );
});

describe('packets for a lab', () => {
  /** Addresses of nodes and balancer in each public network that the lab can get. */
  const addresses = Array.from({ length: 16 }, (_, slot) =>
    [10, 20, 100].map((host) => `198.19.${slot}.${host}`),
  ).flat();

  test('leave the host by no other interface before, during and after the life of the lab', async () => {
    expect(await run('ip', ['route', 'replace', 'blackhole', POOL])).toMatchObject({ code: 0 });
    const before = bombard(addresses);
    await labPrints(
      'up',
      LAB,
      '--yes',
      '--stage',
      'none',
      ...withConfig({ controllers: 1, workers: 2, publicPool: POOL, adminCidrs: POOL }),
    );
    // worker-0 sends on: to missing pods and services, to the host and to addresses of other labs.
    const targets = [
      '10.240.0.99',
      '10.200.0.9',
      '10.200.1.9',
      '10.32.0.1',
      '10.32.0.10',
      '10.99.0.1',
      '198.19.0.1',
      '198.18.0.20',
    ];
    await asRoot(
      LAB,
      'worker-0',
      `for address in ${targets.join(' ')}; do setsid ping -i 0.1 "$address" > /dev/null 2>&1 & done`,
    );
    await asRoot(
      LAB,
      'worker-0',
      'ip route add 10.200.5.0/24 via 10.240.0.1; ping -c 3 -i 0.2 -W 1 10.200.5.5 > /dev/null; true',
    );
    await labPrints('down', LAB, '--yes');
    const { sent, refused } = await before.stop();
    const after = bombard(addresses);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const late = await after.stop();
    // Packets were sent while the lab existed, and refused before and after.
    expect(sent).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(late).toMatchObject({ sent: 0 });
    const seen = await watch.seen();
    expect(seen.own).toBeGreaterThan(0);
    expect(seen.escaped).toBe(0);
  });
});

describe('root in a node', () => {
  const tries = (line: string): Promise<string> =>
    asRoot(LAB, 'worker-0', `{ ${line}; } 2>&1 || true`);

  beforeAll(async () => {
    await labPrints(
      'up',
      LAB,
      '--yes',
      '--stage',
      'none',
      ...withConfig({ controllers: 1, workers: 1, publicPool: POOL, adminCidrs: POOL }),
    );
  });

  test("can write none of the host's own kernel settings, even with the same value", async () => {
    const taken =
      await tries(`find /proc/sys -path /proc/sys/net -prune -o -type f -print | while read -r file; do
      value=$(cat "$file" 2> /dev/null) || continue
      { printf '%s\\n' "$value" > "$file"; } 2> /dev/null && echo "$file"; done`);
    // The node has its own files in the place of the settings that kubelet writes.
    const own = [
      'kernel/panic',
      'kernel/panic_on_oops',
      'vm/overcommit_memory',
      'vm/panic_on_oom',
    ].map((name) => `/proc/sys/${name}`);
    expect(taken.trim().split('\n').sort()).toEqual(own);
    const machine = fs.readFileSync('/proc/sys/kernel/panic', 'utf8');
    await tries(`echo ${Number(machine) + 7} > /proc/sys/kernel/panic`);
    expect(fs.readFileSync('/proc/sys/kernel/panic', 'utf8')).toBe(machine);
  });

  test('changes no network setting of the host', async () => {
    // The node raises by one each setting with one number, except those of single interfaces.
    const listed = await run('find', [
      '/proc/sys/net',
      '-type',
      'f',
      '!',
      '-path',
      '*/conf/*',
      '!',
      '-path',
      '*/neigh/*',
      '!',
      '-name',
      'flush',
    ]);
    const read = (): Record<string, string> =>
      Object.fromEntries(
        listed.stdout
          .trim()
          .split('\n')
          .flatMap((file) => {
            try {
              return [[file, fs.readFileSync(file, 'utf8')]];
            } catch {
              return [];
            }
          }),
      );
    const before = read();
    const raised =
      await tries(`find /proc/sys/net -type f ! -path '*/conf/*' ! -path '*/neigh/*' ! -name flush | while read -r file; do
      value=$(cat "$file" 2> /dev/null) || continue
      [[ $value =~ ^[0-9]+$ ]] && { echo $((value + 1)) > "$file"; } 2> /dev/null && echo "$file"; done`);
    const files = raised.trim().split('\n');
    const now = read();
    // Other processes may change settings of the host. A change by the node is exactly one more.
    const reached = files.filter((file) => Number(now[file]) === Number(before[file]) + 1);
    for (const file of reached) await run('tee', [file], { input: before[file] });
    expect(reached).toEqual([]);
    // This setting can't be reset, so a host that has set it shows no change.
    expect(await tries('stat -f -c %T /proc/sys/net/netfilter/nf_hooks_lwtunnel')).not.toBe(
      'proc\n',
    );
    // Few raised settings would mean that the trial itself failed.
    expect(files.length).toBeGreaterThan(20);
  });

  test('loads no module, triggers no sysrq and sets no clock', async () => {
    const modules = (): string[] =>
      fs.existsSync('/proc/modules')
        ? fs
            .readFileSync('/proc/modules', 'utf8')
            .split('\n')
            .map((line) => line.split(' ')[0])
        : [];
    const before = modules();
    expect(await tries('modprobe dummy && echo taken')).not.toContain('taken');
    expect(await tries(': > /tmp/x.ko; insmod /tmp/x.ko && echo taken')).not.toContain('taken');
    expect(await tries('rmmod br_netfilter && echo taken')).not.toContain('taken');
    expect(modules()).toEqual(expect.arrayContaining(before));
    expect(
      await tries('[ -w /proc/sysrq-trigger ] && echo h > /proc/sysrq-trigger && echo taken'),
    ).not.toContain('taken');
    expect(await tries('date --set=2001-01-01 && echo taken')).toMatch(/not permitted/i);
    expect(await tries('hwclock --systohc && echo taken')).not.toContain('taken');
    expect(
      Math.abs(Number(await asRoot(LAB, 'worker-0', 'date +%s')) - Date.now() / 1000),
    ).toBeLessThan(60);
  });

  test('opens no device of the host', async () => {
    // The host may open a loop device: an empty disk for the kernel.
    const [major, minor] = [7, 0];
    const open = (place: string): string =>
      `mknod ${place} b ${major} ${minor} && head -c 1 ${place} && echo opened; rm -f ${place}`;
    if (fs.existsSync('/dev/loop0'))
      expect((await run('sh', ['-c', open(`${state}/disk`)])).stdout).toContain('opened');
    expect(await tries(open('/dev/disk'))).toMatch(/not permitted/i);
    expect(
      await tries('mknod /dev/mem c 1 1 && head -c 1 /dev/mem && echo opened; rm -f /dev/mem'),
    ).not.toContain('opened');
    expect(await tries('ls /dev')).not.toMatch(/^(sd|vd|nvme|loop|kvm|mem)/m);
  });

  test('sees and ends no process and no control group of the host', async () => {
    const name = `hardway-walls-${process.pid}`;
    const groups = fs
      .readdirSync('/sys/fs/cgroup')
      .filter((entry) => fs.existsSync(`/sys/fs/cgroup/${entry}/cgroup.procs`))
      .map((entry) => `/sys/fs/cgroup/${entry}`);
    const marks = (groups.length > 0 ? groups : ['/sys/fs/cgroup']).map(
      (group) => `${group}/${name}`,
    );
    try {
      for (const mark of marks) fs.mkdirSync(mark);
      expect(
        await tries(
          `find / -xdev -name ${name}; find /sys/fs/cgroup /proc -name ${name} 2> /dev/null`,
        ),
      ).toBe('');
      expect(await tries(`ps -eo args | grep -c '[j]est'`)).toBe('0\n');
      expect((await asRoot(LAB, 'worker-0', 'cat /proc/1/comm')).trim()).toBe('systemd');
      expect(
        await tries(`kill -0 ${process.pid} && cat /proc/${process.pid}/cmdline`),
      ).not.toContain('jest');
    } finally {
      for (const mark of marks) fs.rmdirSync(mark);
    }
  });
});

describe('the files of a lab', () => {
  test('are closed to other users: state, keys and the disks of nodes', async () => {
    const cloud = process.env.HARDWAY_CLOUD ?? '/var/lib/hardway';
    const reachable = await run('setpriv', [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'find',
      state,
      `${cloud}/labs/${LAB}`,
      '-mindepth',
      '1',
    ]);
    expect(reachable.stdout).toBe('');
    const named = ['*key*', 'kubeconfig', 'passphrase', '*.json', 'slot.json', '*.cfg', '*log*'];
    const wide = await run('find', [
      state,
      `${cloud}/labs/${LAB}`,
      '-path',
      '*/nodes/*/*/*',
      '-prune',
      '-o',
      '-type',
      'f',
      '-perm',
      '/077',
      '(',
      ...named.flatMap((name) => ['-o', '-name', name]).slice(1),
      ')',
      '-print',
    ]);
    expect(wide.stdout).toBe('');
    const shown = await onNode(
      LAB,
      'worker-0',
      'sudo find /etc/ssh /var/lib -name "*key" -type f -perm /077; sudo find /etc/ssh -name "ssh_host*key"',
    );
    expect(shown.stdout.trim()).toBe('/etc/ssh/ssh_host_ed25519_key');
  });
});
