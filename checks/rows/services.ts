import { reaches } from '../../components/config';
import { contains } from '../../util/cidr';
import { itemsIf, textIf } from '../../util/optional';
import type { Ran } from '../access';
import type { Check, Evidence } from '../check';
import { execFailure, execTwice, kubectl, linesWith, typeOne, type LabUnderTest } from '../lab';
import { poll } from '../../util/poll';
import { problemUnless } from '../../util/problems';
import { parseLookup } from '../parsers/listings';
import {
  judgeRules,
  pathProblems,
  PROXY_WAIT,
  workerRules,
  type ExpectedPath,
} from '../probes/proxy-rules';

/** Kernel setting. With 0, packets that a bridge switches pass no iptables rule. */
const BRIDGE_SETTING = 'net.bridge.bridge-nf-call-iptables';

interface Service {
  spec: {
    type: string;
    clusterIP: string;
    ports: { name?: string; port: number; protocol: string }[];
  };
}

interface Slices {
  items: {
    addressType?: 'IPv4' | 'IPv6';
    endpoints: { addresses: string[]; conditions?: { ready?: boolean } }[] | null;
    /** `null` if the service has no endpoints. */
    ports: { port: number; protocol: string; name?: string }[] | null;
  }[];
}

interface Deployments {
  items: {
    metadata: { name: string };
    spec: { replicas: number };
    status: { readyReplicas?: number };
  }[];
}

/** Selects endpoints of a service. */
interface Wanted {
  namespace: string;
  service: string;
  protocol: string;
  /** Default: IPv4. */
  family?: 'IPv4' | 'IPv6';
}

/** Returns a service's ready endpoints as `address:port`, an IPv6 address in brackets. */
export async function endpoints(
  lab: LabUnderTest,
  { namespace, service, protocol, family = 'IPv4' }: Wanted,
): Promise<string[]> {
  const args = [
    '-n',
    namespace,
    'get',
    'endpointslices',
    '-l',
    `kubernetes.io/service-name=${service}`,
    '-o',
    'json',
  ];
  const slices = (JSON.parse(await kubectl(lab, args)) as Slices).items.filter(
    ({ addressType = 'IPv4' }) => addressType === family,
  );
  const spell = (address: string): string => (family === 'IPv6' ? `[${address}]` : address);
  const all = slices.flatMap((slice) => {
    const port = slice.ports?.find(
      (one) => one.protocol === protocol && one.name !== 'metrics',
    )?.port;
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    if (port === undefined) return [];
    return ready.flatMap(({ addresses }) =>
      addresses.map((address) => `${spell(address)}:${port}`),
    );
  });
  return [...new Set(all)].sort();
}

const isResolved = (output: string, name: string): boolean => parseLookup(output, name).length > 0;

/** Asks kube-dns from a pod. Needs a full name, because busybox's nslookup does not use the search list. */
async function lookup(
  lab: LabUnderTest,
  worker: string,
  name: string,
): Promise<{ pod: string; output: string; answers: string[]; failure: string }> {
  const pod = (await lab.pods.busybox(worker)).name;
  const command = ['timeout', '4', 'nslookup', name];
  const ran = await execTwice(lab, pod, command, ({ stdout }) => isResolved(stdout, name));
  const answers = parseLookup(ran.stdout, name);
  return { pod, output: ran.stdout || ran.stderr, answers, failure: execFailure(ran) };
}

/** Formats how many pods of the CoreDNS deployment are ready, and what to do; `undefined` if all are ready. */
async function unready(lab: LabUnderTest): Promise<string | undefined> {
  const deployments = JSON.parse(
    await kubectl(lab, [
      '-n',
      'kube-system',
      'get',
      'deployments',
      '-l',
      'k8s-app=kube-dns',
      '-o',
      'json',
    ]),
  ) as Deployments;
  const [coredns] = deployments.items;
  if (!coredns) return 'the deployment coredns does not exist in kube-system';
  const { name } = coredns.metadata;
  const wanted = coredns.spec.replicas;
  const ready = coredns.status.readyReplicas ?? 0;
  if (wanted > 0 && ready === wanted) return undefined;
  const counts = `the deployment ${name} in kube-system has ${ready} of ${wanted} pods ready`;
  if (wanted === 0)
    return `${counts}, expected 1 (\`kubectl -n kube-system scale deployment ${name} --replicas=1\`)`;
  return `${counts}, which takes a moment after its worker has started (wait: \`kubectl -n kube-system rollout status deployment ${name}\`)`;
}

const svcDns: Check = {
  id: 'svc.dns',
  title: 'kube-dns has its address and endpoints, and pods resolve names',
  node: 'laptop',
  command:
    'kubectl -n kube-system describe services kube-dns; kubectl exec BUSYBOX -- nslookup kubernetes.default.svc.cluster.local',
  expected:
    "kube-dns at the plan's address, dns 53/UDP and dns-tcp 53/TCP, endpoints POD_IP:53; the API's ClusterIP for kubernetes.default",
  stage: 'cluster',
  workers: 1,
  dependsOn: ['cni.config', 'pod.bridge', 'route.vpc'],
  summaryLine: /^Endpoints:/,
  async run(lab): Promise<Evidence> {
    const { dnsIp, apiServiceIp, clusterDomain, podCidr } = lab.topology;
    const name = `kubernetes.default.svc.${clusterDomain}`;
    const [json, description, targets, ...lookups] = await Promise.all([
      kubectl(lab, ['-n', 'kube-system', 'get', 'service', 'kube-dns', '-o', 'json']),
      kubectl(lab, ['-n', 'kube-system', 'describe', 'services', 'kube-dns']),
      endpoints(lab, { namespace: 'kube-system', service: 'kube-dns', protocol: 'UDP' }),
      ...lab.workers.map((worker) =>
        lookup(lab, worker.name, name).catch((error: Error) => ({
          pod: worker.name,
          output: error.message,
          answers: [] as string[],
          failure: '',
        })),
      ),
    ]);
    const { spec } = JSON.parse(json) as Service;
    const has = (port: string, protocol: string): boolean =>
      spec.ports.some((one) => one.name === port && one.port === 53 && one.protocol === protocol);
    // If only some pods resolve, the fault is on the path of the others, which nat.ping and svc.same-node check.
    const resolved = lookups.find(({ answers }) => answers.includes(apiServiceIp));
    const shown = resolved ?? lookups[0];
    const why = resolved && targets.length > 0 ? undefined : await unready(lab);
    return {
      node: 'laptop',
      command: `kubectl -n kube-system describe services kube-dns; kubectl -n ${lab.pods.namespace} exec ${shown.pod} -- nslookup ${name}`,
      expected: `kube-dns ClusterIP ${dnsIp}, dns 53/UDP and dns-tcp 53/TCP, endpoints in ${podCidr} at port 53; ${name} is ${apiServiceIp}`,
      evidence: [
        ...linesWith(description, /^(Name|Type|IP|Port|TargetPort|Endpoints):/),
        ...linesWith(shown.output, /^(Server|Name|Address)|can't|timed out|no /),
      ].join('\n'),
      problems: [
        ...problemUnless(
          spec.type === 'ClusterIP',
          `kube-dns is of type ${spec.type}, expected ClusterIP`,
        ),
        ...problemUnless(
          spec.clusterIP === dnsIp,
          `kube-dns is at ${spec.clusterIP}, expected ${dnsIp}`,
        ),
        ...problemUnless(
          has('dns', 'UDP') && has('dns-tcp', 'TCP'),
          `kube-dns has the ports ${spec.ports.map((one) => `${one.name} ${one.port}/${one.protocol}`).join(', ')}`,
        ),
        ...problemUnless(targets.length > 0, `kube-dns has no endpoints${textIf(why, `: ${why}`)}`),
        ...targets
          .filter((target) => !target.endsWith(':53') || !contains(podCidr, target.split(':')[0]))
          .map((target) => `the endpoint ${target} is not port 53 of a pod`),
        ...itemsIf(
          !resolved && targets.length > 0,
          `no test pod resolves ${name} to ${apiServiceIp} by ${dnsIp} (endpoints ${targets.join(', ')})${textIf(why, `: ${why}`)}`,
          ...itemsIf(
            shown.failure,
            `nslookup in pod ${shown.pod} printed nothing: ${shown.failure}`,
          ),
        ),
      ],
      look: 'look at the CoreDNS pod (`kubectl -n kube-system get pods -o wide`), its log, its veth (pod.bridge), and svc.chains',
    };
  },
};

/** Returns the expected paths to the lab's own services: kube-dns, or the API's service if the lab has no DNS. */
async function labServices(lab: LabUnderTest): Promise<ExpectedPath[]> {
  if (!reaches(lab.outputs.stage, 'cluster')) {
    const targets = await endpoints(lab, {
      namespace: 'default',
      service: 'kubernetes',
      protocol: 'TCP',
    });
    return [{ to: { address: lab.topology.apiServiceIp, protocol: 'tcp', port: 443 }, targets }];
  }
  const address = lab.topology.dnsIp;
  const [tcp, udp] = await Promise.all(
    ['TCP', 'UDP'].map((protocol) =>
      endpoints(lab, { namespace: 'kube-system', service: 'kube-dns', protocol }),
    ),
  );
  return [
    { to: { address, protocol: 'tcp', port: 53 }, targets: tcp },
    { to: { address, protocol: 'udp', port: 53 }, targets: udp },
  ];
}

const svcChains: Check = {
  id: 'svc.chains',
  title: "kube-proxy's rules lead from a ClusterIP to its pods",
  node: 'every worker',
  command: 'sudo iptables-save -t nat',
  expected:
    'PREROUTING and OUTPUT jump to KUBE-SERVICES; from there the ClusterIP of kube-dns to KUBE-SVC-, KUBE-SEP-, DNAT POD_IP:53, tcp and udp',
  stage: 'network',
  workers: 1,
  summaryLine: /DNAT/,
  async run(lab): Promise<Evidence> {
    const wanted = await labServices(lab);
    const { command, evidence, problems } = await judgeRules(lab, (rules) => {
      const entries = rules.entries();
      const paths = pathProblems(rules, wanted);
      return {
        lines: [...entries.lines, ...paths.lines],
        problems: [...entries.problems, ...paths.problems],
      };
    });
    const empty = wanted
      .filter(({ targets }) => targets.length === 0)
      .map(
        ({ to }) =>
          `the service at ${to.address} has no ${to.protocol} endpoints, so kube-proxy has no rules for it: look at svc.dns`,
      );
    return {
      node: lab.workers.map(({ name }) => name).join(', '),
      command,
      expected: `jumps from PREROUTING and OUTPUT, then ${wanted.map(({ to, targets }) => `${to.address} ${to.protocol} ${to.port} to DNAT ${targets.join(', ')}`).join('; ')}`,
      evidence,
      // Without endpoints, kube-proxy is right to have no rules.
      problems: empty.length > 0 ? empty : problems,
      look: 'look at kube-proxy on that worker (`systemctl status kube-proxy`)',
    };
  },
};

/** Finds out where a packet was lost: in kube-proxy's rules of the worker, or on the way back over its bridge. */
async function whyLost(
  lab: LabUnderTest,
  worker: string,
  address: string,
  server: string,
): Promise<string[]> {
  const wanted: ExpectedPath = {
    to: { address, protocol: 'tcp', port: 80 },
    targets: [`${server}:80`],
  };
  const { problems } = await workerRules(lab, worker, (rules) => pathProblems(rules, [wanted]));
  if (problems.length > 0) return problems;
  const setting = (await typeOne(lab, worker, `sysctl -n ${BRIDGE_SETTING}`)).trim();
  if (setting === '1')
    return [
      "kube-proxy's rules are right: look at pod.bridge, and in \`sudo iptables-save\` for a rule that drops packets",
    ];
  return [
    `${BRIDGE_SETTING} is ${setting} on ${worker}, expected 1: answers over the bridge skip the rules that restore their address (look at /etc/sysctl.d)`,
  ];
}

async function askSameNode(
  lab: LabUnderTest,
  worker: string,
): Promise<{ lines: string[]; problems: string[]; command: string }> {
  const [client, server, services] = await Promise.all([
    lab.pods.busybox(worker),
    lab.pods.nginx(worker),
    lab.pods.services(),
  ]);
  const address = services.sameNode.get(worker)!;
  const args = [
    '-n',
    lab.pods.namespace,
    'exec',
    client.name,
    '--',
    'timeout',
    '2',
    'wget',
    '-q',
    '-O',
    '-',
    `http://${address}/`,
  ];
  const ask = () => lab.access.kubectl(args);
  const good = (answer: Ran): boolean => answer.code === 0 && /nginx/i.test(answer.stdout);
  let answer = await poll(ask, { ...PROXY_WAIT, satisfies: good });
  const why: string[] = [];
  if (!good(answer)) {
    why.push(...(await whyLost(lab, worker, address, server.ip)));
    // On a busy host, kube-proxy may have written its rules only now.
    answer = await ask();
  }
  const { stdout, stderr } = answer;
  const said =
    stdout.split('\n').find((line) => /nginx/i.test(line)) ??
    stderr.trim().split('\n').at(-1) ??
    '';
  return {
    lines: [`${worker}: ${said.trim()}`],
    problems: itemsIf(
      !good(answer),
      `${client.ip} got no answer from ${address}. Its only endpoint is ${server.ip} on the same ${worker}`,
      ...why,
    ),
    command: `kubectl ${args.join(' ')}`,
  };
}

const svcSameNode: Check = {
  id: 'svc.same-node',
  title: 'A ClusterIP answers when its only endpoint is on the same node',
  node: 'a pod on every worker',
  command: 'kubectl exec BUSYBOX -- wget -q -O - http://CLUSTER_IP/',
  expected: 'nginx answers',
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config', 'pod.bridge'],
  async run(lab): Promise<Evidence> {
    const seen = await Promise.all(
      lab.workers.map(({ name }) =>
        askSameNode(lab, name).catch((error: Error) => ({
          lines: [],
          problems: [error.message],
          command: '',
        })),
      ),
    );
    const shown = seen.find(({ problems }) => problems.length > 0) ?? seen[0];
    return {
      node: 'laptop',
      command: shown.command || svcSameNode.command,
      expected:
        'nginx answers on each worker: the answer passes the rules on its way over the bridge',
      evidence: seen.flatMap(({ lines }) => lines).join('\n'),
      problems: seen.flatMap(({ problems }) => problems),
      look: '',
    };
  },
};

export const serviceChecks: Check[] = [svcDns, svcChains, svcSameNode];
