import { editCni, restoreCni, victimIp, type Fault, type Hands } from './fault';

/** Bash: sets `name` to the victim's namespace on worker-0, and `veth` to its end of the veth there. */
const findVictim = async (hands: Hands): Promise<string> => `
  name=$(for path in /run/netns/cni-*; do if ip -n "\${path##*/}" -o -4 address | grep -q ' ${await victimIp(hands)}/'; then basename "$path"; fi; done)
  number=$(ip -n "$name" -o link show eth0 | sed 's/.*eth0@if\\([0-9]*\\):.*/\\1/')
  veth=$(ip -o link | sed -n "s/^$number: \\([^@:]*\\).*/\\1/p")
  test -n "$veth"`;

/** A process in the namespace of every pod that starts, as a forgotten \`ip netns exec\` leaves one. */
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
    what: 'another bridge in the CNI file of worker-0',
    make: (hands) => editCni(hands, 'worker-0', 's/"cnio0"/"cni1"/'),
    mend: async (hands) => {
      await restoreCni(hands, 'worker-0');
      await hands.node('worker-0', 'ip link del cni1');
    },
    fails: {
      'cni.config': /worker-0: bridge is "cni1", expected "cnio0"/,
      'pod.veth': /^first mend what cni\.config shows.*is on cni1, expected cnio0/,
      'pod.bridge':
        /^first mend what cni\.config shows.*veth\w+ on worker-0, the end of the pod at 10\.200\.0\.\d+, is on cni1, expected cnio0/,
      'route.host':
        /^first mend what cni\.config shows.*worker-0: 10\.200\.0\.0\/24 is also on cni1/,
    },
    passes: ['nodes.ping', 'route.vpc', 'pod.netns', 'pod.processes', 'pod.containers'],
  },
  {
    what: 'a bridge that an edited CNI file left on worker-1',
    make: ({ node }) =>
      node(
        'worker-1',
        'ip link add cni1 type bridge; ip address add 10.200.1.1/24 dev cni1; ip link set cni1 up',
      ),
    mend: ({ node }) => node('worker-1', 'ip link del cni1'),
    fails: { 'route.host': /^worker-1: 10\.200\.1\.0\/24 is also on cni1.*ip link del cni1/ },
    passes: ['cni.config', 'pod.bridge', 'pod.veth', 'route.vpc', 'route.pod'],
  },
  {
    what: 'another bridge with another subnet in the CNI file of worker-0',
    make: (hands) =>
      editCni(hands, 'worker-0', 's/"cnio0"/"cni1"/; s|10.200.0.0/24|10.200.100.0/24|'),
    mend: async (hands) => {
      await restoreCni(hands, 'worker-0');
      await hands.node('worker-0', 'ip link del cni1');
    },
    fails: {
      'cni.config': /worker-0: ipam is .*10\.200\.100\.0\/24.*expected .*10\.200\.0\.0\/24/,
      'pod.describe':
        /^first mend what cni\.config shows.*10\.200\.100\.\d+ is outside 10\.200\.0\.0\/24/,
      'route.pod':
        /^first mend what cni\.config shows.*default goes via 10\.200\.100\.1 dev eth0, expected 10\.200\.0\.1/,
      'route.host':
        /^first mend what cni\.config shows.*10\.200\.100\.0\/24 has a route of its own, via cni1/,
      'pod.veth': /^first mend what cni\.config shows/,
      'pod.bridge': /^first mend what cni\.config shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'pod.netns', 'pod.processes'],
  },
  {
    what: 'no default route in the CNI file of worker-0',
    make: (hands) => editCni(hands, 'worker-0', 's|{"dst": "0.0.0.0/0"}||'),
    mend: (hands) => restoreCni(hands, 'worker-0'),
    fails: {
      'cni.config': /worker-0: ipam is .*"routes":\[\]\}, expected .*0\.0\.0\.0\/0/,
      'route.pod': /^first mend what cni\.config shows; there is no default route/,
      'nat.ping': /^first mend what cni\.config shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'route.host', 'pod.describe', 'pod.bridge', 'pod.veth'],
  },
  {
    what: "a pod's veth is off the bridge of worker-0",
    make: async (hands) =>
      hands.node('worker-0', `${await findVictim(hands)}\nip link set "$veth" nomaster`),
    mend: async (hands) =>
      hands.node('worker-0', `${await findVictim(hands)}\nip link set "$veth" master cnio0`),
    fails: {
      'pod.bridge':
        /^veth\w+ on worker-0, the end of the pod at 10\.200\.0\.\d+, is on no bridge, expected cnio0: .*ip link set VETH master cnio0/,
    },
    passes: ['cni.config', 'pod.veth', 'pod.netns', 'route.host', 'nat.ping', 'svc.same-node'],
  },
  {
    what: "a pod's namespace on worker-0 has lost its name",
    make: async (hands) =>
      hands.node(
        'worker-0',
        `${await findVictim(hands)}\necho "$name $(ip netns pids "$name" | head -1)" > /run/lost\nip netns del "$name"`,
      ),
    mend: ({ node }) =>
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
    what: "a stranger's process in the namespaces of the pods of worker-0",
    make: ({ node }) => node('worker-0', STRANGER),
    mend: ({ node }) => node('worker-0', 'systemctl stop stranger; rm /run/stranger.sh'),
    fails: {
      'pod.processes':
        /tail -f \/dev\/null is in the namespace of nginx-worker-0 too.*ip netns pids cni-/,
    },
    passes: ['pod.netns', 'pod.veth', 'pod.bridge', 'nat.ping'],
  },
  {
    what: 'containerd is stopped on worker-0',
    make: ({ node }) => node('worker-0', 'systemctl stop containerd'),
    mend: ({ node }) => node('worker-0', 'systemctl start containerd kubelet'),
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
    what: 'kubelet is stopped on worker-0',
    make: ({ node }) => node('worker-0', 'systemctl stop kubelet'),
    mend: ({ node }) => node('worker-0', 'systemctl start kubelet'),
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
    what: 'the bridge plugin is gone from worker-0',
    make: ({ node }) => node('worker-0', 'mv /opt/cni/bin/bridge /opt/cni/bin/bridge.saved'),
    // What was made without it is taken away by kubelet, too, but in its own time.
    mend: ({ node }) =>
      node(
        'worker-0',
        'mv /opt/cni/bin/bridge.saved /opt/cni/bin/bridge; crictl --timeout 10s pods --state NotReady --quiet | xargs --no-run-if-empty crictl --timeout 20s rmp --force',
      ),
    fails: {
      'cni.config': /worker-0: no bridge in \/opt\/cni\/bin/,
      'pod.containers':
        /^first mend what cni\.config shows.*nginx-worker-0 on worker-0 does not become Ready \(FailedCreatePodSandBox.*failed to find plugin "bridge"/,
      'pod.describe': /^first mend what cni\.config shows/,
      'pod.netns': /^first mend what cni\.config shows/,
      'pod.processes': /^first mend what cni\.config shows/,
      'pod.veth': /^first mend what cni\.config shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'svc.chains'],
  },
];
