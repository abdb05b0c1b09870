import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import {
  cloudLabNeeds,
  diskFinding,
  labNeeds,
  type Need,
  setUpNeeds,
} from '../../../cli/doctor/disk';
import type { Room } from '../../../util/free-space';
import { fail, ok, warn } from '../../../cli/doctor/finding';
import { answersIn, FEATURES, kernelFindings } from '../../../cli/doctor/kernel';
import {
  cgroupFinding,
  inotifyFinding,
  memoryFinding,
  nodeFinding,
  nspawnFinding,
  processorFinding,
  rootFinding,
} from '../../../cli/doctor/host';
import { parseConfig } from '../../../components/config';
import { refusal, stands } from '../../../cli/actions/prepare';
import { root } from '../../../util/repo-root';
import { each } from '../../support/each';

const SCRIPT = path.join(root, 'cli/doctor/kernel.sh');
const GIB = 1024 ** 3;
let directory: string;

beforeEach(() => void (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-doctor-'))));
afterEach(() => fs.rmSync(directory, { recursive: true }));

describe('the trial of kernel features', () => {
  const PROGRAMS = [
    'ip',
    'iptables',
    'iptables-nft',
    'nft',
    'ip6tables',
    'conntrack',
    'unshare',
    'modprobe',
    'nsenter',
    'mkdir',
    'sysctl',
  ];

  /**
   * Runs kernel.sh with programs of the test's own, which can do all but `what`. br_netfilter is
   * loaded already, or not.
   */
  function without(what: RegExp, isLoaded = true): Map<string, string> {
    const bin = path.join(directory, 'bin');
    const loaded = path.join(bin, 'loaded');
    fs.mkdirSync(bin, { recursive: true });
    if (isLoaded) fs.writeFileSync(loaded, '');
    const real = spawnSync('sh', ['-c', 'command -v mkdir'], { encoding: 'utf8' }).stdout.trim();
    const actions: Record<string, string> = {
      mkdir: `case "$*" in /sys/*) exit 0 ;; *) exec ${real} "$@" ;; esac`,
      // `ip netns exec NAME COMMAND…` runs the command here, as there is no namespace.
      ip: `
        [ "$2" = exec ] || exit 0
        case $3 in try-doctor-*) ;; *) echo "there is no namespace $3" >&2; exit 1 ;; esac
        shift 3
        case $1 in test) [ -e ${loaded} ]; exit ;; sysctl) exit 0 ;; esac
        exec "$@"`,
      modprobe: `: > ${loaded}`,
      nsenter: 'shift; exec "$@"',
    };
    for (const program of PROGRAMS) {
      fs.writeFileSync(
        path.join(bin, program),
        `#!/bin/sh\nif printf '%s\\n' "${program} $*" | grep -qE -e '${what.source}'; then echo "not in this kernel" >&2; exit 1; fi\n${actions[program] ?? ''}\n`,
        { mode: 0o755 },
      );
    }
    fs.writeFileSync(path.join(bin, 'rmdir'), '#!/bin/sh\n', { mode: 0o755 });
    const ran = spawnSync('sh', [SCRIPT, directory], {
      encoding: 'utf8',
      env: { PATH: `${bin}:/usr/bin:/bin`, TMPDIR: directory },
    });
    return answersIn(ran.stdout);
  }

  test('tries each feature that doctor reports, and no other', () => {
    expect([...without(/^nothing$/).keys()].sort()).toEqual(Object.keys(FEATURES).sort());
  });

  test('succeeds on a host that has not loaded br_netfilter yet', () => {
    const answers = [...without(/^nothing$/, false)].filter(([name]) => name !== 'kmsg');
    // The host of the test may lack IPv6.
    expect(answers.filter(([name, answer]) => answer !== 'ok' && name !== 'ipv6')).toEqual([]);
    expect(fs.existsSync(path.join(directory, 'bin', 'loaded'))).toBe(true);
  });

  test.each<[string, RegExp]>([
    ['netns', /^ip netns add/],
    ['veth', /type veth/],
    ['bridge', /type bridge/],
    ['overlay', /^unshare --mount sh/],
    ['disks', /^unshare --mount mount -t overlay/],
    ['nf_tables', /^nft add table bridge/],
    ['nft_services', /^nft .*numgen/],
    ['nft_services', /^nft .*masquerade fully-random/],
    ['nat', /^iptables .*-j MASQUERADE/],
    ['conntrack', /^iptables .*--ctstate/],
    ['conntrack', /^conntrack -L/],
    ['ttl', /--ttl-inc/],
    ['ipv6', /^ip6tables .*--hl-inc/],
    ['ipv6', /^ip6tables .*-j MASQUERADE/],
    ['ipv6', /^nft add table ip6/],
    ['services', /-m comment/],
    ['services', /-m statistic/],
    ['services', /-m addrtype/],
    ['services', /-j DNAT/],
    ['services', /--or-mark/],
    ['services', /-m recent/],
    ['pidns', /^unshare --pid/],
    ['groups', /^mkdir .sys.fs.cgroup/],
    ['root', /^nsenter/],
  ])('fails for feature %s only, without %s', (feature, what) => {
    const answers = without(what);
    // The machine of the test may lack the device, or cgroups.
    const failed = [...answers]
      .filter(([name, answer]) => answer !== 'ok' && name !== 'kmsg')
      .map(([name]) => name);
    expect(failed).toEqual([feature]);
    const found = kernelFindings(
      () => [...answers].map((entry) => entry.join(' ')).join('\n'),
      () => true,
      0,
    ).find((finding) => finding.id === `kernel.${feature}`)!;
    expect(found).toMatchObject({
      status: FEATURES[feature].spared ? 'warn' : 'fail',
      cure: FEATURES[feature].cure,
    });
    expect(found.found).toMatch(/^not in this kernel/);
  });

  // A user namespace has no right to the machine's own /run/netns.
  const confined =
    spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0 ? test : test.skip;
  confined('reports a feature as missing for a user without the right to it', () => {
    const ran = spawnSync('unshare', ['--user', '--map-root-user', 'sh', SCRIPT, directory], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, TMPDIR: directory },
    });
    const failed = kernelFindings(
      () => ran.stdout,
      () => true,
      0,
    ).filter((finding) => finding.status === 'fail');
    expect(failed.map((finding) => finding.id)).toEqual(expect.arrayContaining(['kernel.netns']));
    each(failed, (finding) =>
      expect([finding.found, finding.cure]).toEqual([
        expect.stringMatching(/\w/),
        expect.stringMatching(/\w/),
      ]),
    );
  });

  test('leaves no file behind', () => {
    without(/-m statistic/);
    expect(fs.readdirSync(directory)).toEqual(['bin']);
  });

  test('reports a feature as untried if its trial does not end', () => {
    const late = (): string => {
      throw new Error('spawnSync sh ETIMEDOUT');
    };
    expect(kernelFindings(late, () => true, 0)).toMatchObject([
      { status: 'fail', found: 'could not be tried: spawnSync sh ETIMEDOUT' },
    ]);
  });

  test('fails without IPv6 for a dual-stack lab only', () => {
    const status = (ipFamily: 'ipv4' | 'dual'): string | undefined =>
      kernelFindings(
        () => 'ipv6 no IPv6: the host was booted with ipv6.disable=1',
        () => true,
        0,
        [parseConfig({}), parseConfig({ ipFamily })],
      ).find(({ id }) => id === 'kernel.ipv6')?.status;
    expect(status('ipv4')).toBe('warn');
    expect(status('dual')).toBe('fail');
  });

  test('warns that only root can try the features', () => {
    expect(
      kernelFindings(
        () => '',
        () => true,
        1000,
      ),
    ).toMatchObject([{ status: 'warn', cure: 'run ./lab doctor as root' }]);
  });
});

describe('disk space', () => {
  const room =
    (bytes: number, files = Infinity, device = 1) =>
    (): Room => ({ bytes, files, device });
  const need = (what: string, bytes: number, files = 10): Need => ({
    what,
    directory: `/at/${what}`,
    variable: what.toUpperCase(),
    bytes,
    files,
  });

  test('is reported with the need if it suffices', () => {
    expect(diskFinding([need('a', GIB)], room(2 * GIB))).toEqual(
      ok('2.0 GiB free at /at/a, 1.0 GiB needed'),
    );
  });

  test('must suffice for the sum of all needs on one file system', () => {
    expect(diskFinding([need('a', GIB), need('b', GIB)], room(1.5 * GIB))).toEqual(
      fail(
        '1.5 GiB free at /at/a, /at/b, and 2.0 GiB needed: a, b',
        'free 0.5 GiB there (./lab down NAME, ./lab clean --cache), or set A or B to a directory with room',
      ),
    );
  });

  test('is compared on each file system separately', () => {
    const both = (place: string): Room => ({
      bytes: place === '/at/a' ? 20 * 1024 ** 2 : 9 * GIB,
      files: 1e6,
      device: place === '/at/a' ? 1 : 2,
    });
    expect(diskFinding([need('a', GIB), need('b', GIB)], both)).toMatchObject({
      status: 'fail',
      found: '20 MiB free at /at/a, and 1.0 GiB needed: a',
    });
  });

  test('does not suffice without free inodes', () => {
    expect(diskFinding([need('a', GIB, 3000)], room(9 * GIB, 100))).toMatchObject({
      status: 'fail',
      found: '100 files free at /at/a, and 3000 needed: a',
    });
  });

  test('is needed per node, and more for builds than for downloads', () => {
    const sum = (needs: Need[]): number => needs.reduce((total, one) => total + one.bytes, 0);
    expect(sum(labNeeds(6))).toBeGreaterThan(sum(labNeeds(3)));
    expect(sum(setUpNeeds(true))).toBeGreaterThan(sum(setUpNeeds(false)));
  });

  test('of labs in clouds counts few programs, and each provider plugin to be downloaded', () => {
    const what = (needs: Need[]): string[] => needs.map((one) => one.what);
    expect(what(setUpNeeds(false, 'cloud'))).toEqual(['Pulumi and kubectl', 'unpacking']);
    expect(what(setUpNeeds(false, 'local'))).toContain('programs, images and the Debian tree');
    expect(what(cloudLabNeeds(2, []))).toEqual(['the state of 2 labs']);
    const [, plugin] = cloudLabNeeds(1, ['aws']);
    expect(plugin).toMatchObject({ what: "Pulumi's provider plugin for AWS" });
    expect(plugin.bytes).toBeGreaterThan(0.8 * GIB);
  });
});

describe('a finding about the host', () => {
  const V1 =
    'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0\ncgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n';
  const V2 = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n';

  const asked = (
    machines: number,
    gibibytes: number,
    labs = 1,
  ): Parameters<typeof memoryFinding>[0] => ({ labs, machines, limit: gibibytes * GIB });

  test.each([
    ['root', rootFinding(0, undefined), 'ok', /^root$/],
    ['another user', rootFinding(1000), 'fail', /not root/],
    ['Node.js 22', nodeFinding('22.1.0'), 'ok', /22/],
    ['Node.js 18', nodeFinding('18.19.0'), 'fail', /18/],
    [
      'enough memory',
      memoryFinding(asked(6, 6), 8 * GIB),
      'ok',
      /8\.0 GiB available; a lab of 6 machines takes about 1\.6 GiB, and at most 6\.0 GiB/,
    ],
    ['little memory', memoryFinding(asked(6, 6), 2 * GIB), 'warn', /2\.0 GiB/],
    ['too little memory', memoryFinding(asked(6, 6), GIB), 'fail', /1\.0 GiB/],
    ['little memory for a small lab', memoryFinding(asked(3, 3), 2 * GIB), 'ok', /3 machines/],
    [
      'enough memory for a class',
      memoryFinding(asked(24, 24, 4), 20 * GIB),
      'ok',
      /4 labs of 24 machines take about 6\.6 GiB, and at most 24\.0 GiB/,
    ],
    [
      'a limit that is less than machines take',
      memoryFinding(asked(6, 1), 8 * GIB),
      'warn',
      /at most 1\.0 GiB/,
    ],
    ['one processor', processorFinding(1), 'warn', /1/],
    ['cgroup v2', cgroupFinding(V2, () => 'cpuset cpu io memory hugetlb pids'), 'ok', /version 2/],
    [
      'cgroup v2 without memory',
      cgroupFinding(V2, () => 'cpuset cpu io pids'),
      'fail',
      /without memory/,
    ],
    [
      'cgroup v1',
      cgroupFinding(`${V1}cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0`),
      'ok',
      /version 1/,
    ],
    ['cgroup v1 without pids', cgroupFinding(V1), 'fail', /without pids/],
    ['no cgroups', cgroupFinding('proc /proc proc rw 0 0'), 'fail', /none/],
    ['few watches', inotifyFinding(128), 'warn', /128/],
    ['a new systemd-nspawn', nspawnFinding('systemd 252 (252.30-1)\n+PAM'), 'ok', /252/],
    [
      'an old systemd-nspawn',
      nspawnFinding('systemd 237\n'),
      'fail',
      /237, and nodes need 242 or later/,
    ],
  ])('%s', (_what, finding, status, found) => {
    expect(finding).toMatchObject({ status, found: expect.stringMatching(found) });
    expect(finding.cure !== '').toBe(status !== 'ok');
  });
});

test('a refusal names all failed findings with their cures, and a warning refuses no lab', () => {
  const findings = [
    { id: 'disk', title: 'Disk space', ...fail('1 MiB free', 'free some') },
    { id: 'cpu', title: 'Processors', ...warn('1', 'two') },
    { id: 'kernel.ttl', title: 'TTL target', ...fail('not in this kernel', 'modprobe xt_HL') },
  ];
  const machine = { labs: [], what: 'lab local', who: 'This host', where: './lab doctor' };
  expect(stands({ ...machine, findings })).toBe(true);
  expect(refusal([{ ...machine, findings }])).toMatchObject({
    exitCode: 3,
    message:
      "This host can't run lab local; nothing was changed:\n  - Disk space: 1 MiB free\n    To do: free some\n  - TTL target: not in this kernel\n    To do: modprobe xt_HL",
    cure: './lab doctor checks everything',
  });
  expect(stands({ ...machine, findings: findings.slice(1, 2) })).toBe(false);
});
