import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { until } from '../support/until';
import {
  asRoot,
  failures,
  inRouter,
  lab,
  labPrints,
  onNode,
  type Ran,
  run,
  state,
  verify,
  withConfig,
} from '../support/command';
import { CNI } from '../faults/fault';
import { processesDuring } from '../support/leaks';
import { secretsAreKept } from '../support/secrets';

const LAB = 'local-complete';

jest.setTimeout(60 * 60_000);

/** Lists every trace of the lab on the host. */
async function traces(): Promise<string> {
  const parts = [
    await run('ip', ['netns', 'list']),
    await run('ip', ['-o', 'link']),
    await run('sh', [
      '-c',
      `mount | grep -F ${LAB}; pgrep -af '[l]abs/${LAB}/|[h]ardway.${LAB}'; grep -lz HARDWAY_OWNER=${LAB} /proc/[0-9]*/environ | sed 's/$/ of ${LAB}/'; ls /var/lib/hardway/labs; find /sys/fs/cgroup -path '*hardway/${LAB}*'`,
    ]),
  ];
  return parts
    .map((part) => part.stdout)
    .join('')
    .split('\n')
    .filter((line) => line.includes(LAB) && !line.includes('pgrep'))
    .join('\n');
}

/** Command lines and environments of all processes during the lab's first up. */
let processes = '';

beforeAll(async () => {
  processes = await processesDuring(() => labPrints('up', LAB, '--yes'));
});

afterAll(async () => {
  const ran = await lab('down', LAB, '--yes');
  expect(ran).toMatchObject({ code: 0 });
  expect(await traces()).toBe('');
  const routes = (await run('ip', ['route'])).stdout;
  expect(routes).toContain('blackhole 198.18.0.0/15');
  expect(await verify(LAB)).toMatchObject({ passed: 0, failed: expect.any(Number) });
  fs.rmSync(state, { recursive: true, force: true });
});

describe('a lab that is up', () => {
  test('passes every check of the article', async () => {
    const report = await verify(LAB);
    expect(failures(report)).toEqual([]);
    expect(report).toMatchObject({ passed: 24, failed: 0, skipped: 0 });
  });

  test('reaches new pods at reused addresses, despite cached MAC addresses', async () => {
    const remembered = [
      `prefix=$(sed -n 's/.*"subnet": "\\([0-9.]*\\.\\)0\\/24".*/\\1/p' ${CNI}); test -n "$prefix"`,
      'for host in $(seq 2 250); do [ -e "/var/lib/cni/networks/bridge/$prefix$host" ] || ip neigh replace "$prefix$host" lladdr 02:00:00:00:00:01 dev cnio0 nud stale; done',
    ].join('\n');
    for (const worker of ['worker-0', 'worker-1', 'worker-2'])
      await asRoot(LAB, worker, `set -e\n${remembered}`);
    expect(
      failures(await verify(LAB, 'nat.ping', 'nat.off', 'svc.same-node', 'nodeport.reach')),
    ).toEqual([]);
  });

  test('has no namespace and no network namespace of a check after verify', async () => {
    // Kubernetes lets some seconds pass before it removes an empty namespace.
    await labPrints(
      'kubectl',
      LAB,
      '--',
      'wait',
      '--for=delete',
      'namespace',
      '-l',
      'app.kubernetes.io/managed-by=hardway-verify',
      '--timeout=30s',
    );
    expect(await labPrints('kubectl', LAB, '--', 'get', 'namespaces', '-o', 'name')).not.toContain(
      'hardway-verify',
    );
    for (const node of ['worker-0', 'worker-1'])
      expect(await asRoot(LAB, node, 'ip netns list | grep -v "^cni-" || true')).toBe('');
  });

  test('is not changed by a second up', async () => {
    expect(await labPrints('up', LAB, '--yes')).toMatch(/is as declared: nothing to change/);
  });

  test('previews no change in plain pulumi, which does not change the checkout', async () => {
    const before = (await run('git', ['status', '--porcelain'])).stdout;
    const environment = (await labPrints('env')).trim();
    const preview = await run('bash', [
      '-c',
      `eval '${environment.replace(/'/g, `'\\''`)}'; pulumi preview --stack ${LAB} --refresh --expect-no-changes --non-interactive`,
    ]);
    expect(preview).toMatchObject({ code: 0 });
    expect((await run('git', ['status', '--porcelain'])).stdout).toBe(before);
  });

  test('is listed, and status reports no drift', async () => {
    expect(JSON.parse(await labPrints('list', '--json'))).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: LAB })]),
    );
    expect(JSON.parse(await labPrints('status', LAB, '--json'))).toMatchObject({
      lab: LAB,
      state: 'up',
      differs: false,
    });
  });

  test('refuses to pull an unknown image, and names the ones that it has', async () => {
    await labPrints('kubectl', LAB, '--', 'run', 'stranger', '--image=redis');
    try {
      let events = '';
      for (let tries = 0; tries < 50 && !events.includes('this lab has no image'); tries++) {
        events = await labPrints('kubectl', LAB, '--', 'describe', 'pod', 'stranger');
      }
      expect(events).toMatch(/this lab has no image redis.*busybox.*nginx/s);
    } finally {
      await labPrints('kubectl', LAB, '--', 'delete', 'pod', 'stranger', '--force');
    }
  });
});

describe('a wrong config', () => {
  test('is refused with every mistake and exit code 2 before a resource is created', async () => {
    const ran = await lab(
      'up',
      'local-wrong',
      ...withConfig({ controllers: 2, workers: 99, podCidr: '10.240.0.0/16' }),
    );
    expect(ran.code).toBe(2);
    for (const mistake of [
      /controllers is 2/,
      /workers is "99"/,
      /nodeCidr .* and podCidr .* overlap/,
    ])
      expect(ran.stderr + ran.stdout).toMatch(mistake);
    expect(await labPrints('list', '--json')).not.toContain('local-wrong');
    expect((await run('ip', ['netns'])).stdout).not.toContain('local-wrong');
  });

  test('is refused by plain pulumi with the same sentences, without a stack trace', async () => {
    const environment = (await labPrints('env')).trim();
    const ran = await run('bash', [
      '-c',
      `eval '${environment.replace(/'/g, `'\\''`)}'; pulumi stack init local-wrong && pulumi config set controllers 2 -s local-wrong && pulumi config set stage half -s local-wrong; TIMEFORMAT='took %U and %S s'; { time pulumi preview --non-interactive -s local-wrong 2>&3; } 3>&2 2>&1; code=$?; pulumi stack rm --yes -s local-wrong >&2; exit $code`,
    ]);
    expect(ran.code).not.toBe(0);
    expect(ran.stdout).toMatch(/controllers is 2/);
    expect(ran.stdout).toMatch(/stage is "half"/);
    expect(ran.stdout).not.toMatch(/at .*\.(ts|js):\d+/);
    // A mapped stack trace once took twelve seconds and two gigabytes on an idle host.
    const [, user, system] = /^took ([\d.]+) and ([\d.]+) s$/m.exec(ran.stdout)!;
    expect(Number(user) + Number(system)).toBeLessThan(10);
  });
});

describe('a command line of the article', () => {
  const kubectl = (...args: string[]): Promise<string> => labPrints('kubectl', LAB, '--', ...args);
  let nodePort = '';

  beforeAll(async () => {
    await kubectl('create', 'deployment', 'nginx', '--image=nginx');
    await kubectl('expose', 'deployment', 'nginx', '--port', '80', '--type', 'NodePort');
    await kubectl('create', '-f', path.join(root, 'examples/busybox.yaml'));
    await kubectl('wait', '--for=condition=Available', 'deployment/nginx', '--timeout=60s');
    // `kubectl wait` fails without pods, which the controller creates a moment later.
    await until(
      'pods of busybox0',
      async () => (await kubectl('get', 'pods', '-l', 'app=busybox0', '-o', 'name')) !== '',
      30,
    );
    await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=busybox0', '--timeout=60s');
    nodePort = await kubectl('get', 'service', 'nginx', '-o', 'jsonpath={.spec.ports[0].nodePort}');
  });

  afterAll(async () => {
    await kubectl('delete', '-f', path.join(root, 'examples/busybox.yaml'), '--wait=false');
    await kubectl('delete', 'service,deployment', 'nginx', '--wait=false');
  });

  test.each([
    ['sudo lsns -t net', /\/pause/],
    ['ls -1i /var/run/netns', /cni-[0-9a-f-]{36}/],
    ['ip netns', /cni-[0-9a-f-]{36} \(id: \d+\)/],
    ['sudo ctr namespaces ls', /k8s\.io/],
    ['sudo ctr -n k8s.io containers ls | grep pause', /registry\.k8s\.io\/pause/],
    ['sudo ctr -n k8s.io task ls', /RUNNING/],
    ['brctl show cnio0', /cnio0\s+8000\.[0-9a-f]{12}\s+no\s+veth/],
    ['ip route list', /default via 10\.240\.0\.1 dev eth0/],
    ['sudo iptables-save -t nat | grep KUBE-SERVICES', /PREROUTING .*-j KUBE-SERVICES/],
    ['sudo conntrack -L | head -3', /src=/],
    ['ping -c 1 worker-1', /64 bytes from .*ttl=64/],
    ['sudo tcpdump --version 2>&1', /tcpdump version/],
    ['ifconfig eth0', /inet 10\.240\.0\.20/],
    ['sudo nsenter -t $(pgrep -o pause) -n ip link show', /eth0@if\d+/],
    [
      'sudo ip netns exec $(ip netns | head -1 | cut -d" " -f1) ethtool -S eth0',
      /peer_ifindex: \d+/,
    ],
    ['echo "$(whoami)@$(hostname)"', /^ubuntu@worker-0$/m],
  ])('works on worker-0: %s', async (line, shows) => {
    const ran = await onNode(LAB, 'worker-0', line);
    expect(ran.stdout).toMatch(shows);
  });

  test("gets the page at the NodePort of worker-0's public address", async () => {
    const page = await run('curl', [
      '-sS',
      '--max-time',
      '5',
      `http://${await publicPrefix()}.20:${nodePort}/`,
    ]);
    expect(page.stdout).toContain('Welcome to nginx!');
  });

  test('works with kubectl exec, logs, run and port-forward', async () => {
    const pod = (await kubectl('get', 'pods', '-l', 'app=busybox0', '-o', 'name')).split('\n')[0];
    expect(await kubectl('exec', pod, '--', 'ping', '-c', '1', '10.240.0.21')).toMatch(
      /1 packets received/,
    );
    expect(await kubectl('logs', 'deployment/nginx')).toMatch(/GET \/ HTTP|^$/);
    expect(
      await kubectl(
        'run',
        'once',
        '--image=busybox',
        '--restart=Never',
        '--rm',
        '-i',
        '--',
        'echo',
        'from a pod',
      ),
    ).toContain('from a pod');
    const forwarded = await run('bash', [
      '-c',
      `exec 3< <(./lab kubectl ${LAB} -- port-forward deployment/nginx :80 2>&1 & echo $!); read -r pid <&3; read -r line <&3
       port=\${line##*127.0.0.1:}; curl -sS --max-time 5 "http://127.0.0.1:\${port%% *}/"; pkill -P "$pid"; kill "$pid"`,
    ]);
    expect(forwarded.stdout).toContain('Welcome to nginx!');
  });
});

async function publicPrefix(): Promise<string> {
  const { nodes } = JSON.parse(await labPrints('status', LAB, '--json')) as {
    nodes: { publicIp: string }[];
  };
  return nodes[0].publicIp.split('.').slice(0, 3).join('.');
}

describe('drift made by hand', () => {
  const CNI = '/etc/cni/net.d/10-bridge.conf';

  test('is named by status and repaired by up for a removed route and an edited CNI file', async () => {
    await inRouter(LAB, 'ip', 'route', 'del', '10.200.2.0/24');
    await asRoot(LAB, 'worker-0', `echo >> ${CNI}`);
    const status = await lab('status', LAB);
    expect(status.code).toBe(1);
    expect(status.stdout).toContain(CNI);
    expect(status.stdout).toMatch(/route.*worker-2.*does not exist/i);
    await labPrints('up', LAB, '--yes');
    expect((await lab('status', LAB)).stdout).toContain('everything is as declared');
  });
});

describe('a cluster with three controllers', () => {
  const kubectl = (...words: string[]): Promise<Ran> => lab('kubectl', LAB, '--', ...words);

  test('replaces killed leaders within 15 seconds', async () => {
    const units = ['kube-controller-manager', 'kube-scheduler'];
    const leases = ['-n', 'kube-system', 'get', 'leases', ...units, '-o'];
    const leaders = async (): Promise<string[]> => {
      const { stdout } = await kubectl(...leases, 'jsonpath={.items[*].spec.holderIdentity}');
      return stdout.split(' ');
    };
    const killed = await leaders();
    expect(killed).toEqual(units.map(() => expect.stringMatching(/^controller-\d_/)));
    await Promise.all(
      units.map((unit, index) =>
        asRoot(LAB, killed[index].split('_')[0], `systemctl kill --signal KILL ${unit}`),
      ),
    );
    const areOthers = (now: string[]): boolean =>
      now.length === 2 && now.every((leader, index) => leader !== killed[index]);
    const replaced = async (): Promise<boolean> => areOthers(await leaders());
    expect(await until('new leaders', replaced, 15)).toBe(true);
  });

  test('has an API without failures again soon after one etcd member ends', async () => {
    const answers = async (): Promise<boolean> =>
      (await kubectl('get', 'nodes', '--request-timeout=3s')).code === 0;
    await asRoot(LAB, 'controller-1', 'systemctl stop etcd');
    const nineAnswers = async (): Promise<boolean> => {
      for (let request = 0; request < 9; request++) if (!(await answers())) return false;
      return true;
    };
    expect(await until('three answers for each controller', nineAnswers, 40)).toBe(true);
    await asRoot(LAB, 'controller-1', 'systemctl start etcd');
  });
});

describe('a reset controller', () => {
  test('joins the others again: etcd has three members, and Kubernetes keeps its objects', async () => {
    await labPrints('kubectl', LAB, '--', 'create', 'namespace', 'kept');
    expect(await labPrints('reset', LAB, '--node', 'controller-1', '--yes')).toMatch(
      /controller-1 of lab local-complete is reset[^]*24 passed, 0 failed/,
    );
    const ask =
      'sudo curl --silent --cacert /etc/etcd/ca.pem --cert /etc/etcd/etcd.pem --key /etc/etcd/etcd-key.pem --data "{}" https://127.0.0.1:2379/v3/cluster/member/list';
    const { members } = JSON.parse((await onNode(LAB, 'controller-1', ask)).stdout) as {
      members: { name: string; clientURLs: string[] }[];
    };
    expect(
      members
        .filter(({ clientURLs }) => clientURLs.length > 0)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['controller-0', 'controller-1', 'controller-2']);
    expect(await labPrints('kubectl', LAB, '--', 'delete', 'namespace', 'kept')).toContain(
      'deleted',
    );
  });
});

describe('a second lab with the same private addresses', () => {
  const OTHER = 'local-complete2';
  const cross = [
    'nodes.ping',
    'route.vpc',
    'nat.ping',
    'nat.off',
    'svc.same-node',
    'nodeport.reach',
  ];

  afterAll(async () => {
    await labPrints('down', OTHER, '--yes');
  });

  test('comes up beside the first, which still passes its checks', async () => {
    await labPrints('up', OTHER, '--yes', ...withConfig({ controllers: 1, workers: 2 }));
    expect(failures(await verify(OTHER, ...cross))).toEqual([]);
    expect(failures(await verify(LAB, ...cross))).toEqual([]);
  });

  test('passes its checks after a change of the MTU, which replaces the network', async () => {
    await labPrints('up', OTHER, '--yes', '--set', 'mtu=1400');
    expect(failures(await verify(OTHER, ...cross))).toEqual([]);
    expect((await onNode(OTHER, 'worker-0', 'ip link show eth0')).stdout).toMatch(/mtu 1400/);
  });

  test('has nodes that reach neither the host nor the first lab', async () => {
    const prefix = await publicPrefix();
    for (const address of [`${prefix}.1`, `${prefix}.20`, '198.18.1.1', '198.18.1.2']) {
      expect((await onNode(OTHER, 'worker-0', `ping -c 1 -W 1 ${address}`)).code).not.toBe(0);
    }
  });

  test('refuses fewer workers and an earlier stage', async () => {
    const ran = await lab('up', OTHER, '--yes', '--set', 'workers=1', '--stage', 'none');
    expect(ran.code).toBe(2);
    expect(ran.stderr + ran.stdout).toMatch(/workers/);
    expect(ran.stderr + ran.stdout).toMatch(/stage/);
  });
});

secretsAreKept(LAB, () => processes);
