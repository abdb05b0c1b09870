import type { Ran } from '../../access';
import type { Check, Evidence } from '../../check';
import { kubectl, linesWith, typeOne, type LabUnderTest } from '../../lab';
import { poll } from '../../../util/poll';
import { problemUnless } from '../../../util/problems';
import { parseLookup } from '../../parsers/listings';
import { judgeRules, pathProblems, PROXY_WAIT, type ExpectedPath } from '../../probes/proxy-rules';
import { endpoints } from '../services';
import { gather, placeOf, planOf, type Seen } from './gather';

const LOOK_PROXY = 'look at kube-proxy on that worker (`systemctl status kube-proxy`)';
const BRIDGE_SETTING = 'net.bridge.bridge-nf-call-ip6tables';

/** Runs a command in a worker's busybox, and returns the whole command for a reader, too. */
async function inPod(
  lab: LabUnderTest,
  worker: string,
  command: string[],
): Promise<{ ran: Ran; command: string }> {
  const { name } = await lab.pods.busybox(worker);
  const args = ['-n', lab.pods.namespace, 'exec', name, '--', 'timeout', '4', ...command];
  return { ran: await lab.access.kubectl(args), command: `kubectl ${args.join(' ')}` };
}

const svcDns: Check = {
  id: 'ipv6.svc.dns',
  title: 'kube-dns has an IPv6 address, and answers AAAA there',
  node: 'laptop',
  command: 'kubectl exec BUSYBOX -- nslookup -type=aaaa SERVICE KUBE_DNS_IPV6',
  expected: "kube-dns at the plan's address; the service's IPv6 ClusterIP",
  stage: 'cluster',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['ipv6.pod.address', 'ipv6.route.vpc', 'svc.dns'],
  summaryLine: /^Address(?: \d+)?: fd00:/,
  async run(lab): Promise<Evidence> {
    const { dnsIp } = planOf(lab);
    const { name: worker } = lab.workers[0];
    const [services, json] = await Promise.all([
      lab.pods.services(),
      kubectl(lab, ['-n', 'kube-system', 'get', 'service', 'kube-dns', '-o', 'json']),
    ]);
    const { clusterIPs = [] } = (JSON.parse(json) as { spec: { clusterIPs?: string[] } }).spec;
    const wanted = services.sameNode6.get(worker)!;
    const name = `nginx-${worker}.${lab.pods.namespace}.svc.${lab.topology.clusterDomain}`;
    // If only some pods resolve, the fault is on the way of the others, which other checks show.
    const lookups = await Promise.all(
      lab.workers.map((one) => inPod(lab, one.name, ['nslookup', '-type=aaaa', name, dnsIp])),
    );
    const addresses = ({ ran }: (typeof lookups)[number]): string[] =>
      parseLookup(ran.stdout, name);
    const shown = lookups.find((one) => addresses(one).includes(wanted)) ?? lookups[0];
    const answers = addresses(shown);
    const output = shown.ran.stdout || shown.ran.stderr;
    return {
      node: 'laptop',
      command: shown.command,
      expected: `kube-dns has the ClusterIPs ${lab.topology.dnsIp} and ${dnsIp}; ${name} is ${wanted}`,
      evidence: linesWith(output, /^(Server|Name|Address)|can't|timed out|no /).join('\n'),
      problems: [
        ...problemUnless(
          clusterIPs[1] === dnsIp,
          `kube-dns has the ClusterIPs ${clusterIPs.join(', ')}, expected ${dnsIp} too`,
        ),
        ...problemUnless(wanted, `the service nginx-${worker} has no IPv6 ClusterIP`),
        ...problemUnless(
          wanted && answers.includes(wanted),
          `${name} has the AAAA ${answers.join(', ') || 'none'}, expected ${wanted}`,
        ),
      ],
      look: 'look at `kubectl -n kube-system get service kube-dns -o yaml`, and ipv6.svc.chains',
    };
  },
};

const svcChains: Check = {
  id: 'ipv6.svc.chains',
  title: "kube-proxy's IPv6 rules lead from a ClusterIP to its pods",
  node: 'every worker',
  command: 'sudo ip6tables-save -t nat (proxyMode nftables: sudo nft list table ip6 kube-proxy)',
  expected: 'rules from the IPv6 ClusterIP of kube-dns to DNAT [POD_IPV6]:53, tcp and udp',
  stage: 'cluster',
  workers: 1,
  config: { ipFamily: 'dual' },
  summaryLine: /DNAT|dnat/,
  async run(lab): Promise<Evidence> {
    const { dnsIp } = planOf(lab);
    const wanted: ExpectedPath[] = await Promise.all(
      (['tcp', 'udp'] as const).map(async (protocol) => ({
        to: { address: dnsIp, protocol, port: 53 },
        targets: await endpoints(lab, {
          namespace: 'kube-system',
          service: 'kube-dns',
          protocol: protocol.toUpperCase(),
          family: 'IPv6',
        }),
      })),
    );
    const missing = wanted.filter(({ targets }) => targets.length === 0);
    const { command, evidence, problems } = await judgeRules(
      lab,
      (rules) => {
        const entries = rules.entries();
        const paths = pathProblems(rules, wanted);
        return {
          lines: [...entries.lines, ...paths.lines],
          problems: [...entries.problems, ...paths.problems],
        };
      },
      'ip6',
    );
    return {
      node: placeOf(lab.workers),
      command,
      expected: wanted
        .map(({ to, targets }) => `${to.address} ${to.protocol} 53 to DNAT ${targets.join(', ')}`)
        .join('; '),
      evidence,
      // Without endpoints, kube-proxy is right to have no rules.
      problems:
        missing.length > 0
          ? ['kube-dns has no IPv6 endpoints, so kube-proxy has no rules: look at ipv6.svc.dns']
          : problems,
      look: LOOK_PROXY,
    };
  },
};

async function askSameNode(lab: LabUnderTest, worker: string): Promise<Seen> {
  const [{ ip6 }, services] = await Promise.all([lab.pods.nginx(worker), lab.pods.services()]);
  const address = services.sameNode6.get(worker)!;
  const ask = () => inPod(lab, worker, ['wget', '-q', '-O', '-', `http://[${address}]/`]);
  const good = ({ ran }: Awaited<ReturnType<typeof ask>>): boolean => /nginx/i.test(ran.stdout);
  const answer = await poll(ask, { ...PROXY_WAIT, satisfies: good });
  const title = answer.ran.stdout.split('\n').find((line) => /nginx/i.test(line)) ?? '';
  if (good(answer)) return { lines: [`${worker}: [${address}] ${title.trim()}`], problems: [] };
  const setting = (await typeOne(lab, worker, `sysctl -n ${BRIDGE_SETTING}`)).trim();
  let why = 'look at ipv6.svc.chains';
  if (setting !== '1')
    why = `${BRIDGE_SETTING} is ${setting} on ${worker}, expected 1 (look at /etc/sysctl.d)`;
  return {
    lines: [],
    problems: [
      `a pod got no answer from [${address}]. Its only endpoint is ${ip6} on the same ${worker}: ${why}`,
    ],
  };
}

const svcSameNode: Check = {
  id: 'ipv6.svc.same-node',
  title: 'An IPv6 ClusterIP answers when its only endpoint is on the same node',
  node: 'a pod on every worker',
  command: 'kubectl exec BUSYBOX -- wget -q -O - http://[CLUSTER_IPV6]/',
  expected: 'nginx answers',
  stage: 'network',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['ipv6.pod.address'],
  async run(lab): Promise<Evidence> {
    return {
      node: 'laptop',
      command: svcSameNode.command,
      expected: 'nginx answers on each worker',
      ...(await gather(lab.workers, ({ name }) => askSameNode(lab, name))),
      look: '',
    };
  },
};

const nodePortReach: Check = {
  id: 'ipv6.nodeport.reach',
  title: "nginx answers at a NodePort of a worker's IPv6 address",
  node: 'controller-0',
  command: 'curl -g http://[WORKER_0_IPV6]:NODE_PORT/',
  expected: 'HTTP 200, though the pod is on worker-1',
  stage: 'network',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['ipv6.nodes.ping', 'ipv6.nat.ping', 'ipv6.nodeport.chains'],
  async run(lab): Promise<Evidence> {
    const [pod, { nodePort }] = await Promise.all([
      lab.pods.nginx(lab.pods.nodePortWorker),
      lab.pods.services(),
    ]);
    const entry = lab.workers[0];
    const client = lab.controllers[0];
    const url = `http://[${entry.privateIp6}]:${nodePort}/`;
    const command = `curl -g -s -o /dev/null -m 2 -w '%{http_code}' ${url}`;
    const ask = async () => (await typeOne(lab, client.name, `${command} || true`)).trim();
    const code = await poll(ask, { ...PROXY_WAIT, satisfies: (one) => one === '200' });
    return {
      node: client.name,
      command,
      expected: `HTTP 200 from the pod ${pod.ip6} on ${pod.node}, asked at ${entry.name}`,
      evidence: code === '000' ? `${url}: no answer` : `${url}: HTTP ${code}`,
      problems: problemUnless(code === '200', `${client.name} got HTTP ${code} from ${url}`),
      look: 'look at the firewall rule allow-internal-tcp6, and ipv6.nodeport.chains',
    };
  },
};

const nodePortChains: Check = {
  id: 'ipv6.nodeport.chains',
  title: "kube-proxy's IPv6 rules lead from a NodePort to its pod",
  node: 'every worker',
  command: 'sudo ip6tables-save -t nat (proxyMode nftables: sudo nft list table ip6 kube-proxy)',
  expected: 'rules from tcp dport NODE_PORT to DNAT [POD_IPV6]:80',
  stage: 'network',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['ipv6.pod.address'],
  async run(lab): Promise<Evidence> {
    const [pod, { nodePort: port }] = await Promise.all([
      lab.pods.nginx(lab.pods.nodePortWorker),
      lab.pods.services(),
    ]);
    const wanted: ExpectedPath = {
      to: { protocol: 'tcp', port },
      targets: [`[${pod.ip6}]:80`],
    };
    const { command, evidence, problems } = await judgeRules(
      lab,
      (rules) => pathProblems(rules, [wanted]),
      'ip6',
    );
    return {
      node: placeOf(lab.workers),
      command,
      expected: `rules from tcp dport ${port} to DNAT [${pod.ip6}]:80 on every worker`,
      evidence,
      problems,
      look: LOOK_PROXY,
    };
  },
};

export const serviceChecks: Check[] = [
  svcDns,
  svcChains,
  svcSameNode,
  nodePortReach,
  nodePortChains,
];
