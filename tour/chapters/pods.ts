import type { Chapter } from '../step';

export const pods: Chapter = {
  page: '02-inside-a-pod',
  title: 'Inside a pod',
  intro:
    'A pod has its own interface and address. This chapter takes nginx apart, on the worker that runs it, until you hold both ends of its cable.',
  steps: [
    {
      id: 'cni.config',
      title: 'Read the CNI configuration',
      text: [
        'The container runtime reads this file when it starts a pod. `bridge` and `host-local` are names of programs in `/opt/cni/bin`.',
        'The first program makes a cable between pod and bridge. The second one chooses an address from the range of this worker.',
      ],
      commands: [
        {
          on: 'nginx',
          type: 'cat /etc/cni/net.d/10-bridge.conf',
          like: /10-bridge\.conf/,
          shows: [/"bridge": *"cnio0"/, /host-local/],
        },
        {
          on: 'nginx',
          type: 'ls /opt/cni/bin',
          like: /^ls .*\/opt\/cni\/bin/,
          shows: ['host-local'],
        },
      ],
      article: `{
    "cniVersion": "0.3.1",
    "name": "bridge",
    "type": "bridge",
    "bridge": "cnio0",
    "isGateway": true,
    "ipMasq": true,
    "ipam": {
        "type": "host-local",
        "ranges": [
          [{"subnet": "\${POD_CIDR}"}]
        ],
        "routes": [{"dst": "0.0.0.0/0"}]
    }
}`,
      since:
        'In 2018, kubelet was started with --network-plugin=cni. Today it knows nothing of CNI: containerd reads the file.',
    },
    {
      id: 'pod.netns',
      title: 'Find the network namespaces',
      text: [
        'A network namespace is a private set of interfaces, routes and ports. The first line is the node itself. Each other line is a pod, which a process called pause keeps open.',
        'nginx has two processes, and pause makes three. So the line with 3 in the column NPROCS is the pod of nginx. Keep its number NS and its PID: the next steps need them.',
      ],
      commands: [
        { on: 'nginx', type: 'sudo lsns -t net', like: /lsns .*net/, shows: ['/pause'] },
        {
          on: 'nginx',
          type: 'ls -1i /var/run/netns',
          like: /^ls .*\/run\/netns/,
          shows: [/\d+ cni-/],
        },
        { on: 'nginx', type: 'ip netns', like: /^ip netns( list| ls)?$/, shows: ['cni-'] },
      ],
      article: `ubuntu@worker-0:~$ sudo lsns -t net
        NS TYPE NPROCS   PID USER COMMAND
4026532089 net     113     1 root /sbin/init
4026532280 net       2  8046 root /pause
4026532352 net       4 16455 root /pause
4026532426 net       3 27255 root /pause
ubuntu@worker-0:~$ ls -1i /var/run/netns
4026532352 cni-1d85bb0c-7c61-fd9f-2adc-f6e98f7a58af
4026532280 cni-7cec0838-f50c-416a-3b45-628a4237c55c
4026532426 cni-912bcc63-712d-1c84-89a7-9e10510808a0`,
      since: 'lsns shows more columns today. pause runs as an ordinary user.',
      question: {
        kind: 'inode',
        ask: "Which number has nginx's network namespace?",
        form: 'a number, such as 4026532426',
      },
    },
    {
      id: 'pod.processes',
      title: 'List the processes of the pod',
      text: [
        'Put the number of the namespace in the place of INODE. The command looks for every process that lives there.',
      ],
      commands: [
        {
          on: 'nginx',
          type: `sudo ls -l /proc/[1-9]*/ns/net | grep INODE | cut -f3 -d"/" | xargs ps -p`,
          like: /\/proc\/.*ns\/net|ip netns pids/,
          shows: [/pause/, /nginx: master/, /nginx: worker/],
        },
      ],
      article: `  PID TTY      STAT   TIME COMMAND
27255 ?        Ss     0:00 /pause
27331 ?        Ss     0:00 nginx: master process nginx -g daemon off;
27355 ?        S      0:00 nginx: worker process`,
    },
    {
      id: 'pod.describe',
      title: 'Ask Kubernetes about the pod',
      text: [
        'Kubernetes knows the address of the pod, its node, and the id of the container nginx. It says nothing about pause.',
      ],
      commands: [
        {
          on: 'laptop',
          type: 'kubectl get pods -o wide',
          like: /^kubectl get (pods?|po)\b.*-o ?wide/,
          shows: ['{nginx.name}', '{nginx.ip}'],
        },
        {
          on: 'laptop',
          type: 'kubectl describe pods {nginx.name}',
          like: /^kubectl describe (pods?|po)\b/,
          shows: ['{nginx.name}', 'containerd://'],
        },
      ],
      article: `$ kubectl get pods -o wide | grep nginx
nginx-65899c769f-wxdx6   1/1       Running   0          5d        10.200.0.4   worker-0
$ kubectl describe pods nginx-65899c769f-wxdx6
Name:           nginx-65899c769f-wxdx6
Node:           worker-0/10.240.0.20
IP:             10.200.0.4
Containers:
  nginx:
    Container ID:   containerd://4c0bd2e2e5c0b17c637af83376879c38f2fb1185…`,
    },
    {
      id: 'pod.containers',
      title: 'Find both containers',
      text: [
        'containerd sorts containers into its own kind of namespaces. Kubernetes uses the one called `k8s.io`.',
        'A pod is two containers here: pause, which it calls the sandbox, and nginx. The list of tasks connects their ids with the process ids of the step before. Put the id of a container in the place of ID.',
      ],
      commands: [
        {
          on: 'nginx',
          type: 'sudo ctr namespaces ls',
          like: /^ctr (namespaces?|ns) ls/,
          shows: ['k8s.io'],
        },
        {
          on: 'nginx',
          type: 'sudo ctr -n k8s.io containers ls',
          like: /^ctr .*k8s\.io (containers?|c) ls/,
          shows: [/library\/nginx/],
        },
        {
          on: 'nginx',
          type: 'sudo ctr -n k8s.io task ls',
          like: /^ctr .*k8s\.io (tasks?|t) ls/,
          shows: ['RUNNING'],
        },
        {
          on: 'nginx',
          type: 'sudo ctr -n k8s.io containers info ID | head -20',
          like: /^ctr .*k8s\.io (containers?|c) info/,
          shows: [/"io\.kubernetes\.pod\.name": *"/],
        },
      ],
      article: `ubuntu@worker-0:~$ sudo ctr -n k8s.io task ls
TASK                                                     PID      STATUS
d19b1b1c92f7cc90764d4f385e8935d121bca66ba8982bae65…     27255    RUNNING
4c0bd2e2e5c0b17c637af83376879c38f2fb11852921b12413…     27331    RUNNING
ubuntu@worker-0:~$ sudo ctr -n k8s.io containers info d19b1b1c92f7…
{
    "Labels": {
        "io.cri-containerd.kind": "sandbox",
        "io.kubernetes.pod.name": "nginx-65899c769f-wxdx6",
        "io.kubernetes.pod.namespace": "default",`,
      since:
        'The runtime is called io.containerd.runc.v2 now. ctr may print a warning about cgroups first.',
    },
    {
      id: 'pod.veth',
      title: 'Follow the cable',
      text: [
        'A veth pair is a cable with two ends. One end is `eth0` in the pod. The number behind `@if` is the interface at the other end, on the node.',
        'Put in your own values: PID is the one of pause, NETNS the name that the first command prints, and N the number of the other end.',
      ],
      commands: [
        {
          on: 'nginx',
          type: 'sudo ip netns identify PID',
          like: /^ip netns identify/,
          shows: ['cni-'],
        },
        {
          on: 'nginx',
          type: 'sudo nsenter -t PID -n ip link show',
          like: /^nsenter .*ip (link|a)/,
          shows: [/eth0@if\d+/],
        },
        {
          on: 'nginx',
          type: 'sudo nsenter -t PID -n ifconfig eth0',
          like: /^nsenter .*ifconfig/,
          shows: ['{nginx.ip}'],
        },
        {
          on: 'nginx',
          type: 'sudo ip netns exec NETNS ethtool -S eth0',
          like: /ethtool -S eth0/,
          shows: [/peer_ifindex: *\d+/],
        },
        {
          on: 'nginx',
          type: "ip link | grep '^N:'",
          like: /^ip (-\w+ )*link/,
          shows: [/veth\w+@if\d+:.*master cnio0/],
        },
      ],
      article: `ubuntu@worker-0:~$ sudo nsenter -t 27255 -n ip link show
3: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
    link/ether 0a:58:0a:c8:00:04 brd ff:ff:ff:ff:ff:ff link-netnsid 0
ubuntu@worker-0:~$ sudo ip netns exec cni-912bcc63-… ethtool -S eth0
NIC statistics:
     peer_ifindex: 7
ubuntu@worker-0:~$ ip link | grep '^7:'
7: veth71f7d238@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 … master cnio0`,
      since:
        "The pod's eth0 has the number 2 today, and any MAC address. ethtool shows more counters.",
      question: {
        kind: 'peer',
        ask: "Which ifindex has the far end of nginx's cable?",
        form: 'a number, such as 7',
      },
    },
    {
      id: 'pod.bridge',
      title: 'Look at the bridge',
      text: ['All cables of this worker end in one bridge. It has a port for each pod.'],
      commands: [
        {
          on: 'nginx',
          type: 'sudo brctl show cnio0',
          like: /brctl show|bridge link/,
          shows: ['cnio0', /veth\w+/],
        },
      ],
      article: `ubuntu@worker-0:~$ brctl show cnio0
bridge name    bridge id        STP enabled    interfaces
cnio0        8000.0a580ac80001    no        veth71f7d238
                                            veth73f35410
                                            vethf273b35f`,
    },
  ],
};
