import { editCni, restoreCni, victimIp, type Fault, type Hands } from './fault';

/** Returns a bash script that sets `name` to the victim's namespace on worker-0 and `veth` to the node's end of its veth. */
const findVictim = async (hands: Hands): Promise<string> => `
  name=$(for path in /run/netns/cni-*; do if ip -n "\${path##*/}" -o -4 address | grep -q ' ${await victimIp(hands)}/'; then basename "$path"; fi; done)
  number=$(ip -n "$name" -o link show eth0 | sed 's/.*eth0@if\\([0-9]*\\):.*/\\1/')
  veth=$(ip -o link | sed -n "s/^$number: \\([^@:]*\\).*/\\1/p")
  test -n "$veth"`;

/** Bash script that starts a process in the namespace of every new pod, like a forgotten `ip netns exec`. */
const STRANGER = `
  cat > /run/stranger.sh <<'END'
  declare -A seen
  while sleep 0.1; do
    for path in /run/netns/cni-*; do
      name=\${path##*/}
      [ -z "\${seen[$name]:-}" ] && [ -n "$(ip netns pids "$name")" ] || continue
      seen[$name]=yes
      ip netns exec "$name" tail -f /dev/null &
    done
  done
END
  systemd-run --quiet --unit=stranger bash /run/stranger.sh`;

export const podFaults: Fault[] = [
  {
    description: 'another bridge in the CNI file of worker-0',
    make: (hands) => editCni(hands, 'worker-0', 's/"cnio0"/"cni1"/'),
    repair: async (hands) => {
      await restoreCni(hands, 'worker-0');
      await hands.node('worker-0', 'ip link del cni1');
    },
    fails: {
      'cni.config': /worker-0: bridge is "cni1", expected "cnio0"/,
      'pod.veth': /^first repair what cni\.config shows.*is on cni1, expected cnio0/,
      'pod.bridge':
        /^first repair what cni\.config shows.*veth\w+ on worker-0, the end of the pod at 10\.200\.0\.\d+, is on cni1, expected cnio0/,
      'route.host':
        /^first repair what cni\.config shows.*worker-0: 10\.200\.0\.0\/24 is also on cni1/,
    },
    passes: ['nodes.ping', 'route.vpc', 'pod.netns', 'pod.processes', 'pod.containers'],
  },
  {
    description: 'a bridge that an edited CNI file left on worker-1',
    make: ({ node }) =>
      node(
        'worker-1',
        'ip link add cni1 type bridge; ip address add 10.200.1.1/24 dev cni1; ip link set cni1 up',
      ),
    repair: ({ node }) => node('worker-1', 'ip link del cni1'),
    fails: { 'route.host': /^worker-1: 10\.200\.1\.0\/24 is also on cni1.*ip link del cni1/ },
    passes: ['cni.config', 'pod.bridge', 'pod.veth', 'route.vpc', 'route.pod'],
  },
  {
    description: 'another bridge with another subnet in the CNI file of worker-0',
    make: (hands) =>
      editCni(hands, 'worker-0', 's/"cnio0"/"cni1"/; s|10.200.0.0/24|10.200.100.0/24|'),
    repair: async (hands) => {
      await restoreCni(hands, 'worker-0');
      await hands.node('worker-0', 'ip link del cni1');
    },
    fails: {
      'cni.config': /worker-0: ipam is .*10\.200\.100\.0\/24.*expected .*10\.200\.0\.0\/24/,
      'pod.describe':
        /^first repair what cni\.config shows.*10\.200\.100\.\d+ is outside 10\.200\.0\.0\/24/,
      'route.pod':
        /^first repair what cni\.config shows.*default goes via 10\.200\.100\.1 dev eth0, expected 10\.200\.0\.1/,
      'route.host':
        /^first repair what cni\.config shows.*10\.200\.100\.0\/24 has a route of its own, via cni1/,
      'pod.veth': /^first repair what cni\.config shows/,
      'pod.bridge': /^first repair what cni\.config shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'pod.netns', 'pod.processes'],
  },
  {
    description: 'no default route in the CNI file of worker-0',
    make: (hands) => editCni(hands, 'worker-0', 's|{"dst": "0.0.0.0/0"}||'),
    repair: (hands) => restoreCni(hands, 'worker-0'),
    fails: {
      'cni.config': /worker-0: ipam is .*"routes":\[\]\}, expected .*0\.0\.0\.0\/0/,
      'route.pod': /^first repair what cni\.config shows; the pod has no default route/,
      'nat.ping': /^first repair what cni\.config shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'route.host', 'pod.describe', 'pod.bridge', 'pod.veth'],
  },
  {
    description: "a pod's veth is off the bridge of worker-0",
    make: async (hands) =>
      hands.node('worker-0', `${await findVictim(hands)}\nip link set "$veth" nomaster`),
    repair: async (hands) =>
      hands.node('worker-0', `${await findVictim(hands)}\nip link set "$veth" master cnio0`),
    fails: {
      'pod.bridge':
        /^veth\w+ on worker-0, the end of the pod at 10\.200\.0\.\d+, is on no bridge, expected cnio0: .*ip link set VETH master cnio0/,
    },
    passes: ['cni.config', 'pod.veth', 'pod.netns', 'route.host', 'nat.ping', 'svc.same-node'],
  },
  {
    description: "a pod's namespace on worker-0 has lost its name",
    make: async (hands) =>
      hands.node(
        'worker-0',
        `${await findVictim(hands)}\necho "$name $(ip netns pids "$name" | head -1)" > /run/lost\nip netns del "$name"`,
      ),
    repair: ({ node }) =>
      node(
        'worker-0',
        'read -r name pid < /run/lost; touch "/run/netns/$name"; mount --bind "/proc/$pid/ns/net" "/run/netns/$name"; rm /run/lost',
      ),
    fails: {
      'pod.netns': /the namespace \d+, of the pause process \d+, has no name in \/var\/run\/netns/,
    },
    passes: ['pod.processes', 'pod.veth', 'pod.bridge', 'pod.describe', 'cni.config'],
  },
  {
    description: "a stranger's process in the namespaces of the pods of worker-0",
    make: ({ node }) => node('worker-0', STRANGER),
    repair: ({ node }) => node('worker-0', 'systemctl stop stranger; rm /run/stranger.sh'),
    fails: {
      'pod.processes':
        /tail -f \/dev\/null is in the namespace of nginx-worker-0 too.*ip netns pids cni-/,
    },
    passes: ['pod.netns', 'pod.veth', 'pod.bridge', 'nat.ping'],
  },
  {
    description: 'containerd is stopped on worker-0',
    make: ({ node }) => node('worker-0', 'systemctl stop containerd'),
    repair: ({ node }) => node('worker-0', 'systemctl start containerd kubelet'),
    fails: {
      'pod.containers':
        /^containerd is inactive on worker-0: look at `systemctl status containerd`/,
      'pod.netns': /containerd is inactive on worker-0/,
      'pod.processes': /containerd is inactive on worker-0/,
      'pod.veth': /containerd is inactive on worker-0/,
    },
    passes: ['nodes.ping', 'nodes.list', 'cni.config', 'route.vpc', 'svc.chains'],
  },
  {
    description: 'kubelet is stopped on worker-0',
    make: ({ node }) => node('worker-0', 'systemctl stop kubelet'),
    repair: ({ node }) => node('worker-0', 'systemctl start kubelet'),
    fails: {
      'pod.describe':
        /^kubelet is (inactive|failed) on worker-0: look at `systemctl status kubelet`/,
      'pod.netns': /kubelet is (inactive|failed) on worker-0/,
      'pod.processes': /kubelet is (inactive|failed) on worker-0/,
      'pod.containers': /kubelet is (inactive|failed) on worker-0/,
      'pod.veth': /kubelet is (inactive|failed) on worker-0/,
    },
    passes: ['nodes.ping', 'cni.config', 'route.vpc', 'svc.chains'],
  },
  {
    description: 'the bridge plugin does not exist on worker-0',
    make: ({ node }) => node('worker-0', 'mv /opt/cni/bin/bridge /opt/cni/bin/bridge.saved'),
    // kubelet also removes the pods that failed without the plugin, but much later.
    repair: ({ node }) =>
      node(
        'worker-0',
        'mv /opt/cni/bin/bridge.saved /opt/cni/bin/bridge; crictl --timeout 10s pods --state NotReady --quiet | xargs --no-run-if-empty crictl --timeout 20s rmp --force',
      ),
    fails: {
      'cni.config': /worker-0: no bridge in \/opt\/cni\/bin/,
      'pod.containers':
        /^first repair what cni\.config shows.*nginx-worker-0 on worker-0 does not become Ready \(FailedCreatePodSandBox.*failed to find plugin "bridge"/,
      'pod.describe': /^first repair what cni\.config shows/,
      'pod.netns': /^first repair what cni\.config shows/,
      'pod.processes': /^first repair what cni\.config shows/,
      'pod.veth': /^first repair what cni\.config shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'svc.chains'],
  },
];
