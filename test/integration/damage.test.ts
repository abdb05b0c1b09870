import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { each } from '../support/each';
import { until } from '../support/until';
import {
  asRoot,
  failures,
  inRouter,
  lab,
  labPrints,
  onNode,
  run,
  state,
  verify,
  withConfig,
} from '../support/command';
import { CNI } from '../faults/fault';

// Damages a lab in the ways that students and hosts do: status names the drift, up repairs it, and the checks pass again.

const LAB = 'local-damage';
const ROUTER = `hardway.${LAB}.router`;
const CLOUD = process.env.HARDWAY_CLOUD ?? '/var/lib/hardway';

jest.setTimeout(20 * 60_000);

beforeAll(async () => {
  await labPrints('up', LAB, '--yes', ...withConfig({ controllers: 1, workers: 2 }));
});
afterAll(async () => {
  await labPrints('down', LAB, '--yes');
  fs.rmSync(state, { recursive: true, force: true });
});

const ip = async (...args: string[]): Promise<void> =>
  expect({ args, ...(await run('ip', args)) }).toMatchObject({ code: 0 });
const nft = (...args: string[]): Promise<string> => inRouter(LAB, 'nft', ...args);
const handleOf = async (chain: string, comment: string): Promise<string> =>
  new RegExp(`comment "${comment}" # handle (\\d+)`).exec(
    await nft('-a', 'list', 'chain', 'inet', 'vpc', chain),
  )![1];
const pidOf = (service: string): number =>
  (
    JSON.parse(fs.readFileSync(`${CLOUD}/labs/${LAB}/${service}/process.json`, 'utf8')) as {
      pid: number;
    }
  ).pid;
const pidsOf = async (pattern: string): Promise<number[]> =>
  (await run('pgrep', ['-f', pattern])).stdout.split('\n').filter(Boolean).map(Number);

const kubectl = (...args: string[]): Promise<string> => labPrints('kubectl', LAB, '--', ...args);

/** Expects that status prints all this drift, that up repairs it, and that these checks pass afterwards. */
async function expectRepair(drift: RegExp[], ...rows: string[]): Promise<void> {
  const status = await lab('status', LAB);
  expect(status.code).toBe(1);
  expect(
    drift
      .filter((pattern) => !pattern.test(status.stdout))
      .map((pattern) => `${String(pattern)} is not in:\n${status.stdout}`),
  ).toEqual([]);
  await labPrints('up', LAB, '--yes');
  expect((await lab('status', LAB)).stdout).toContain('everything is as declared');
  expect(failures(await verify(LAB, ...rows))).toEqual([]);
}

const ROWS = [
  'nodes.ping',
  'nodes.list',
  'route.vpc',
  'nat.ping',
  'svc.same-node',
  'nodeport.reach',
];

/** Replaces a rule by one with the same comment that drops packets of one address. */
async function replaceRule(chain: string, comment: string): Promise<void> {
  const rule = ['inet', 'vpc', chain, 'handle', await handleOf(chain, comment)];
  const other = ['ip', 'saddr', '192.0.2.1', 'drop', 'comment', `"${comment}"`];
  await nft('replace', 'rule', ...rule, ...other);
}

/** Deletes, replaces and adds rules, chains and tables of the router. */
async function changeRules(): Promise<void> {
  const nodePorts = await handleOf('firewall', 'allow-nodeports');
  await nft('delete', 'rule', 'inet', 'vpc', 'firewall', 'handle', nodePorts);
  await replaceRule('firewall', 'allow-icmp');
  await replaceRule('router', 'image-mirror');
  await nft('insert', 'rule', 'inet', 'vpc', 'forward', 'ip', 'saddr', '192.0.2.1', 'accept');
  await nft('flush', 'chain', 'bridge', 'vpc', 'source_check');
  await nft('delete', 'element', 'bridge', 'vpc', 'can_ip_forward', '{ "worker-0" }');
  await nft('add', 'table', 'netdev', 'harmless');
  await nft('add', 'table', 'ip6', 'stranger');
  const stop = '{ type filter hook forward priority 0; policy drop; }';
  await nft('add', 'chain', 'ip6', 'stranger', 'stop', stop);
}

describe('up repairs the router', () => {
  test('after changes of rules, routes, chains, settings, services and ports', async () => {
    await changeRules();
    await inRouter(LAB, 'iptables', '-t', 'mangle', '-F', 'PREROUTING');
    await inRouter(LAB, 'sysctl', '-qw', 'net.ipv4.conf.vpc.send_redirects=1');
    await ip('-n', ROUTER, 'route', 'add', '10.200.1.0/25', 'via', '10.240.0.20');
    await ip('-n', ROUTER, 'route', 'replace', '10.200.0.0/24', 'via', '10.240.0.21');
    await ip('-n', ROUTER, 'link', 'set', 'worker-0', 'mtu', '1300');
    await ip('-n', `hardway.${LAB}.worker-1`, 'link', 'set', 'eth0', 'mtu', '1400');
    process.kill(pidOf('balancer'), 'SIGKILL');
    process.kill(pidOf('mirror'), 'SIGKILL');
    await expectRepair([
      /firewall rule allow-nodeports: does not exist/,
      /firewall rule allow-icmp: its rule in the router was changed/,
      /image mirror: its process has ended; its rule in the router was changed/,
      /API load balancer: its process has ended/,
      /network and router: .*send_redirects is 1, not 0.*chain bridge vpc source_check (?:is missing|was changed)/,
      /chain inet vpc forward was changed/,
      /chain ip6 stranger stop was added/,
      /the TTL rule/,
      /route pod-route-worker-0: leads to 10\.240\.0\.21, not 10\.240\.0\.20/,
      /route pod-route-worker-1: overridden by another route, to 10\.200\.1\.0\/25/,
      /node worker-0: the port has MTU 1300, not 1500; .*can_ip_forward/,
      /node worker-1: eth0 has MTU 1400, not 1500/,
    ]);
  });

  test('after its bridge and its link to the host were deleted', async () => {
    const link = (
      JSON.parse(fs.readFileSync(`${CLOUD}/labs/${LAB}/slot.json`, 'utf8')) as { slot: number }
    ).slot;
    await ip('-n', ROUTER, 'link', 'del', 'vpc');
    await ip('link', 'del', `hw${link}`);
    await expectRepair(
      [
        /network and router: bridge vpc is missing; .*interface internet is missing.*hw\d+ is missing/,
        /route pod-route-worker-1: does not exist/,
        /nodes controller-0, worker-0 and worker-1: the port is not on the bridge vpc/,
      ],
      ...ROWS,
    );
  });

  test('after its namespace was deleted, and the nodes keep their disks', async () => {
    await asRoot(LAB, 'worker-0', 'echo mine > /root/kept');
    await ip('netns', 'del', ROUTER);
    await expectRepair(
      [
        /network and router: the router is missing/,
        /firewall rule allow-ssh: does not exist/,
        /nodes controller-0, worker-0 and worker-1: the router is missing/,
        /API load balancer: the router is missing/,
      ],
      ...ROWS,
    );
    expect(await asRoot(LAB, 'worker-0', 'cat /root/kept')).toBe('mine\n');
  });

  test('and nodes cache no redirect that would bypass a deleted route', async () => {
    // Address in worker-1's pod CIDR that exists without a pod.
    const probe = (packets = 1): Promise<number> =>
      onNode(LAB, 'worker-0', `ping -c ${packets} -i 0.2 -W 1 10.200.1.250 > /dev/null`).then(
        ({ code }) => code,
      );
    const route = ['10.200.1.0/24', 'via', '10.240.0.21', 'dev', 'vpc'];
    const restoreRoute = ['-n', ROUTER, 'route', 'replace', ...route];
    await ip('-n', `hardway.${LAB}.worker-1`, 'addr', 'add', '10.200.1.250/32', 'dev', 'lo');
    try {
      // The router does NAT, so its kernel drops the redirect for a flow's first packet. A second packet would cause one.
      expect(await probe(5)).toBe(0);
      await ip('-n', ROUTER, 'route', 'del', '10.200.1.0/24');
      expect(await probe()).not.toBe(0);
      expect(
        await asRoot(LAB, 'worker-0', 'ip route show cache; ip route get 10.200.1.250'),
      ).toMatch(/^10\.200\.1\.250 via 10\.240\.0\.1 /);
      await ip(...restoreRoute);
      expect(await probe()).toBe(0);
    } finally {
      await run('ip', restoreRoute);
      await run('ip', [
        '-n',
        `hardway.${LAB}.worker-1`,
        'addr',
        'del',
        '10.200.1.250/32',
        'dev',
        'lo',
      ]);
    }
  });
});

describe('a node', () => {
  test('is repaired after its process was killed', async () => {
    const [nspawn] = await pidsOf(`systemd-nspawn .*${LAB}.worker-1`);
    process.kill(nspawn, 'SIGKILL');
    await expectRepair([/node worker-1: (not running|systemd-nspawn has ended)/], ...ROWS);
  });

  test('comes back with its services and pods after a reboot by its student', async () => {
    await kubectl('create', '-f', path.join(root, 'examples/busybox.yaml'));
    // `kubectl wait` fails if no pod exists, and the controller creates the pods a moment later.
    await until(
      'pods of busybox0',
      async () => (await kubectl('get', 'pods', '-l', 'app=busybox0', '-o', 'name')) !== '',
      30,
    );
    await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=busybox0', '--timeout=120s');
    const booted = (): Promise<string> =>
      onNode(LAB, 'worker-0', 'stat -c %Y /proc/1; cat /proc/sys/kernel/random/boot_id').then(
        ({ stdout }) => stdout,
      );
    const before = await booted();
    // Changes of the running kernel only: a reboot removes them.
    await asRoot(
      LAB,
      'worker-0',
      'set -e; ip route add 192.0.2.0/24 via 10.240.0.1; ip rule add priority 9 table 9; ip link add stray type bridge; iptables -I FORWARD -s 10.200.0.0/24 -j DROP; tc qdisc add dev eth0 root pfifo limit 7; ip addr add 10.240.0.99/24 dev eth0',
    );
    const ran = await onNode(LAB, 'worker-0', 'sudo reboot');
    expect(`${ran.stdout}${ran.stderr}`.replace(/Connection to .* closed.*\n?/g, '')).toBe('');
    await until('another boot', async () => ![before, ''].includes(await booted()), 120);
    await until(
      'everything as declared',
      async () => (await lab('status', LAB)).stdout.includes('everything is as declared'),
      120,
    );
    await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=120s');
    await until(
      'its pods run again',
      async () =>
        !/worker-0 False/.test(
          await kubectl(
            'get',
            'pods',
            '-l',
            'app=busybox0',
            '-o',
            'jsonpath={range .items[*]}{.spec.nodeName} {.status.containerStatuses[0].ready}{"\\n"}{end}',
          ),
        ),
      120,
    );
    expect(
      await asRoot(
        LAB,
        'worker-0',
        'ip route; ip rule; ip link; iptables -S FORWARD; tc qdisc show dev eth0; ip -4 addr show eth0',
      ),
    ).not.toMatch(/192\.0\.2\.|lookup 9|stray|10\.200\.0\.0\/24 -j DROP|pfifo|0\.99/);
    expect(failures(await verify(LAB, ...ROWS))).toEqual([]);
    await kubectl('delete', '-f', path.join(root, 'examples/busybox.yaml'), '--wait=false');
  });

  test('is recreated after its disk was deleted, and other nodes reach new pods despite cached MAC addresses', async () => {
    const remembered =
      'for host in $(seq 2 99); do ip neigh replace 10.200.1.$host lladdr 02:00:00:00:00:01 dev cnio0 nud stale; done';
    await asRoot(LAB, 'worker-1', remembered);
    fs.rmSync(`${CLOUD}/labs/${LAB}/nodes/worker-1/upper`, { recursive: true });
    await expectRepair([/node worker-1: does not exist/], ...ROWS, 'nat.off');
  });

  test('is repaired after changes of files, services, programs and settings', async () => {
    await asRoot(
      LAB,
      'worker-0',
      [
        `sed -i 's/cnio0/cnio9/' ${CNI}`,
        "sed -i 's/--node-ip=/--node-ip=192.0.2./' /etc/systemd/system/kubelet.service",
        'systemctl stop kube-proxy',
        'mkdir -p /etc/systemd/system/containerd.service.d; printf "[Service]\\nNice=5\\n" > /etc/systemd/system/containerd.service.d/override.conf',
        'rm /usr/local/bin/crictl',
        'sysctl -qw net.bridge.bridge-nf-call-iptables=0',
      ].join('\n'),
    );
    await asRoot(
      LAB,
      'worker-1',
      'systemctl disable -q kubelet; ln -sf /dev/null /etc/systemd/system/kube-proxy.service; systemctl daemon-reload; systemctl kill -s KILL kube-proxy',
    );
    await expectRepair([
      /worker-0: \/etc\/cni\/net\.d\/10-bridge\.conf was edited/,
      /worker-0: \/etc\/systemd\/system\/kubelet\.service was edited/,
      /worker-0: service kube-proxy is inactive/,
      /worker-0: service containerd is overridden by .*override\.conf/,
      /worker-0: \/usr\/local\/bin\/crictl was removed/,
      /worker-0: \/proc\/sys\/net\/bridge\/bridge-nf-call-iptables was edited/,
      /worker-1: service kubelet is disabled/,
      /worker-1: \/etc\/systemd\/system\/kube-proxy\.service was removed/,
    ]);
  });
});

describe('up repairs the cluster', () => {
  test('after objects were deleted, scaled, edited or cordoned', async () => {
    await kubectl('-n', 'kube-system', 'delete', 'service', 'kube-dns');
    await kubectl('-n', 'kube-system', 'scale', 'deployment', 'coredns', '--replicas=0');
    await kubectl('delete', 'clusterrolebinding', 'system:kube-apiserver');
    await kubectl(
      'patch',
      'clusterrole',
      'system:coredns',
      '--type=json',
      '--patch=[{"op":"remove","path":"/rules/1"}]',
    );
    await kubectl('delete', 'clusterrolebinding', 'system:node-proxier');
    await kubectl('cordon', 'worker-0');
    await kubectl('taint', 'node', 'worker-0', 'own=taint:NoSchedule');
    await asRoot(LAB, 'worker-0', 'iptables -t nat -F');
    await kubectl('delete', 'node', 'worker-1');
    await expectRepair(
      [
        /controller-0: Service kube-system\/kube-dns is missing/,
        /controller-0: Deployment kube-system\/coredns was changed: replicas: 0, declared replicas: 1/,
        /controller-0: ClusterRoleBinding system:kube-apiserver is missing/,
        /controller-0: ClusterRole system:coredns was changed/,
        /controller-0: ClusterRoleBinding system:node-proxier is missing/,
        /controller-0: Node worker-0 is cordoned/,
        /controller-0: Node worker-0 has the taint own=taint:NoSchedule/,
        /worker-0: kube-proxy has no rule in PREROUTING, OUTPUT, POSTROUTING, KUBE-SERVICES of iptables -t nat/,
        /worker-1: Node worker-1 is not known to the API server/,
      ],
      ...ROWS,
      'svc.dns',
      'svc.chains',
    );
  });

  test('after the API server was stopped for so long that nodes retry once a minute', async () => {
    await asRoot(LAB, 'controller-0', 'systemctl stop kube-apiserver');
    const [report] = await Promise.all([
      verify(LAB),
      new Promise((later) => setTimeout(later, 75_000)),
    ]);
    // Checks that need the API fail for this reason only.
    expect(report.seconds).toBeLessThan(30);
    each(
      report.checks.filter(({ status }) => status === 'fail'),
      ({ id, reason }) =>
        expect(`${id}: ${reason}`).toMatch(
          /^\S+: the API at https:\S+ does not answer \(.*\): look at `\.\/lab status`/,
        ),
    );
    await expectRepair(
      [
        /controller-0: service kube-apiserver is/,
        /controller-0: API server does not answer/,
        /worker-0 and worker-1: API server does not answer/,
      ],
      ...ROWS,
      'svc.dns',
      'nodeport.chains',
    );
  });

  test('after the pods of CoreDNS could not start, although all objects exist', async () => {
    await kubectl(
      '-n',
      'kube-system',
      'patch',
      'deployment',
      'coredns',
      '--patch={"spec":{"strategy":{"type":"Recreate","rollingUpdate":null},"template":{"spec":{"nodeSelector":{"no":"where"}}}}}',
    );
    await until(
      'no pod of it',
      async () =>
        (await kubectl(
          '-n',
          'kube-system',
          'get',
          'deployment',
          'coredns',
          '-o',
          'jsonpath={.status.readyReplicas}',
        )) === '',
      60,
    );
    const status = await lab('status', LAB);
    expect([status.code, status.stdout]).toEqual([
      1,
      expect.stringMatching(/controller-0: CoreDNS has 0 of 1 pods ready/),
    ]);
    await kubectl(
      '-n',
      'kube-system',
      'patch',
      'deployment',
      'coredns',
      '--patch={"spec":{"template":{"spec":{"nodeSelector":null}}}}',
    );
    await labPrints('up', LAB, '--yes');
    expect((await lab('status', LAB)).stdout).toContain('everything is as declared');
    expect(failures(await verify(LAB, 'svc.dns'))).toEqual([]);
  });
});

describe('another lab with the same private addresses', () => {
  const OTHER = 'local-damage2';

  test('is removed while the first lab passes its checks', async () => {
    await labPrints(
      'up',
      OTHER,
      '--yes',
      '--stage',
      'none',
      ...withConfig({ controllers: 1, workers: 1 }),
    );
    expect((await onNode(OTHER, 'worker-0', 'hostname -I')).stdout).toContain('10.240.0.20');
    expect(failures(await verify(LAB, ...ROWS))).toEqual([]);
    const [report] = await Promise.all([verify(LAB, ...ROWS), labPrints('down', OTHER, '--yes')]);
    expect(failures(report)).toEqual([]);
    expect(failures(await verify(LAB, ...ROWS))).toEqual([]);
    expect((await run('ip', ['netns'])).stdout).not.toContain(OTHER);
  });
});
