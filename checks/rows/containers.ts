import { contains } from '../../util/cidr';
import { problemUnless } from '../../util/problems';
import type { Check, Evidence } from '../check';
import { kubectl, linesWith, type as typeOn, typeOne } from '../lab';
import { parseContainers, parseTasks } from '../parsers/listings';
import { viewPod } from '../probes/pod-namespace';

interface ContainerInfo {
  ID: string;
  Image: string;
  Labels: Record<string, string>;
}

const CTR = 'sudo ctr -n k8s.io';

const podContainers: Check = {
  id: 'pod.containers',
  title: "containerd runs the pod's two containers",
  node: 'worker-0',
  command:
    'sudo ctr namespaces ls; sudo ctr -n k8s.io containers ls; sudo ctr -n k8s.io task ls; sudo ctr -n k8s.io containers info ID',
  expected:
    'namespace k8s.io; nginx and pause, RUNNING, with the labels io.cri-containerd.kind container and sandbox and the name of the pod',
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  summaryLine: /^[0-9a-f]{64} .*nginx/,
  async run(lab): Promise<Evidence> {
    const pod = await lab.pods.nginx(lab.workers[0].name);
    const filter = `'labels."io.kubernetes.pod.uid"==${pod.uid}'`;
    const commands = ['sudo ctr namespaces ls', `${CTR} containers ls ${filter}`, `${CTR} task ls`];
    const [namespaces, listing, taskListing] = await typeOn(lab, pod.node, commands);
    const containers = parseContainers(listing);
    const infoCommands = containers.map(({ id }) => `${CTR} containers info ${id}`);
    const infos: string[] = [];
    if (infoCommands.length > 0) infos.push(...(await typeOn(lab, pod.node, infoCommands)));
    const tasks = parseTasks(taskListing);
    const shown = infos.map((info) => JSON.parse(info) as ContainerInfo);
    const ofKind = (kind: string) =>
      shown.filter(({ Labels }) => Labels['io.cri-containerd.kind'] === kind);
    const problems = [
      ...problemUnless(/^k8s\.io\b/m.test(namespaces), 'containerd has no namespace k8s.io'),
      ...['sandbox', 'container']
        .filter((kind) => ofKind(kind).length !== 1)
        .map(
          (kind) => `${pod.name} has ${ofKind(kind).length} containers of kind ${kind}, expected 1`,
        ),
      ...shown
        .filter(({ Labels }) => Labels['io.kubernetes.pod.name'] !== pod.name)
        .map(({ ID }) => `the label io.kubernetes.pod.name of ${ID} is not ${pod.name}`),
      ...ofKind('sandbox')
        .filter(({ Image }) => !/pause/.test(Image))
        .map(({ Image }) => `the sandbox has the image ${Image}, expected pause`),
      ...ofKind('container')
        .filter(
          ({ Image, Labels }) =>
            !/nginx/.test(Image) || Labels['io.kubernetes.container.name'] !== 'nginx',
        )
        .map(({ Image }) => `the container has the image ${Image}, expected nginx`),
      ...containers
        .filter(({ id }) => !tasks.some((task) => task.id === id && task.state === 'RUNNING'))
        .map(({ id }) => `${id} is not RUNNING`),
    ];
    return {
      node: pod.node,
      command: `sudo ctr namespaces ls; ${CTR} containers ls ${filter}; ${CTR} task ls; ${CTR} containers info ID`,
      expected: `in k8s.io: pause (kind sandbox) and nginx (kind container), both RUNNING and labelled io.kubernetes.pod.name ${pod.name}`,
      evidence: [
        ...linesWith(namespaces, /^k8s\.io/),
        ...linesWith(listing, /^[0-9a-f]{64}/),
        ...linesWith(taskListing, new RegExp(containers.map(({ id }) => id).join('|') || '^$')),
        ...infos.flatMap((info) =>
          linesWith(info, /"(ID|Image|io\.cri-containerd\.kind|io\.kubernetes\.pod\.name)":/),
        ),
      ].join('\n'),
      problems,
      look: `look at containerd on ${pod.node}`,
    };
  },
};

interface PodObject {
  spec: { nodeName: string };
  status: { podIP: string; hostIP: string; containerStatuses: { containerID: string }[] };
}

const podDescribe: Check = {
  id: 'pod.describe',
  title: "kubectl shows the pod's node, address and container as the node does",
  node: 'laptop',
  command: 'kubectl get pods -o wide; kubectl describe pods POD',
  expected:
    "an address of the worker's pod CIDR, the node and its address, and the container's id, all as on the node",
  stage: 'network',
  workers: 1,
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const worker = lab.workers[0];
    const pod = await lab.pods.nginx(worker.name);
    const [json, wide, description] = await Promise.all([
      kubectl(lab, ['-n', lab.pods.namespace, 'get', 'pod', pod.name, '-o', 'json']),
      kubectl(lab, ['-n', lab.pods.namespace, 'get', 'pods', '-o', 'wide']),
      kubectl(lab, ['-n', lab.pods.namespace, 'describe', 'pods', pod.name]),
    ]);
    const { spec, status } = JSON.parse(json) as PodObject;
    const id = status.containerStatuses[0].containerID.replace(/^containerd:\/\//, '');
    const onNode = await typeOne(lab, worker.name, `${CTR} containers ls -q | grep ${id}`);
    const field = (name: string): string | undefined =>
      new RegExp(`^ *${name}: +(\\S+)`, 'm').exec(description)?.[1];
    const wanted: [string, string][] = [
      ['Node', `${worker.name}/${worker.privateIp}`],
      ['IP', status.podIP],
      ['Container ID', status.containerStatuses[0].containerID],
    ];
    const problems = [
      ...problemUnless(
        spec.nodeName === worker.name,
        `the pod is on ${spec.nodeName}, expected ${worker.name}`,
      ),
      ...problemUnless(
        contains(worker.podCidr!, status.podIP),
        `${status.podIP} is outside ${worker.podCidr}`,
      ),
      ...wanted
        .filter(([name, value]) => field(name) !== value)
        .map(
          ([name, value]) =>
            `describe shows ${name}: ${field(name) ?? 'nothing'}, expected ${value}`,
        ),
      ...problemUnless(onNode.trim() === id, `${worker.name} has no container ${id}`),
      ...(await viewPod(lab, pod).then(
        () => [],
        (error: Error) => [error.message],
      )),
    ];
    return {
      node: 'laptop',
      command: `kubectl -n ${lab.pods.namespace} get pods -o wide; kubectl -n ${lab.pods.namespace} describe pods ${pod.name}`,
      expected: `${pod.name}: Node ${worker.name}/${worker.privateIp}, an IP in ${worker.podCidr} and a Container ID that ${worker.name} shows`,
      evidence: [
        ...linesWith(wide, new RegExp(`^(NAME|${pod.name}) `)),
        ...linesWith(description, /^ *(Name|Node|IP|Container ID|Image): /),
      ].join('\n'),
      problems,
      look: `look at kubelet on ${worker.name}`,
    };
  },
};

export const containerChecks: Check[] = [podContainers, podDescribe];
