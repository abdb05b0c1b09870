import type { DrillFault } from './fault';

export const podFaults: DrillFault[] = [
  {
    drill: 'new-pods-alone',
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
    drill: 'address-twice',
    fails: { 'route.host': /^worker-1: 10\.200\.1\.0\/24 is also on cni1.*ip link del cni1/ },
    passes: ['cni.config', 'pod.bridge', 'pod.veth', 'route.vpc', 'route.pod'],
  },
  {
    drill: 'strange-addresses',
    fails: {
      'cni.config': /worker-0: ipam is .*10\.200\.100\.0\/24.*expected .*10\.200\.0\.0\/24/,
      'pod.describe':
        /^first repair what cni\.config shows.*10\.200\.100\.\d+ is outside 10\.200\.0\.0\/24/,
      'route.pod':
        /^first repair what cni\.config shows.*default goes via 10\.200\.100\.1 dev eth0, expected 10\.200\.0\.1/,
      'route.host':
        /^first repair what cni\.config shows.*10\.200\.100\.0\/24 has its own route, via cni1/,
      'pod.veth': /^first repair what cni\.config shows/,
      'pod.bridge': /^first repair what cni\.config shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'pod.netns', 'pod.processes'],
  },
  {
    drill: 'no-way-out',
    fails: {
      'cni.config': /worker-0: ipam is .*"routes":\[\]\}, expected .*0\.0\.0\.0\/0/,
      'route.pod': /^first repair what cni\.config shows; the pod has no default route/,
      'nat.ping': /^first repair what cni\.config shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'route.host', 'pod.describe', 'pod.bridge', 'pod.veth'],
  },
  {
    drill: 'silent-shop',
    fails: {
      'pod.bridge':
        /^veth\w+ on worker-0, the end of the pod at 10\.200\.0\.\d+, is on no bridge, expected cnio0: .*ip link set VETH master cnio0/,
    },
    passes: ['cni.config', 'pod.veth', 'pod.netns', 'route.host', 'nat.ping', 'svc.same-node'],
  },
  {
    drill: 'nameless-pod',
    fails: {
      'pod.netns': /the namespace \d+, of the pause process \d+, has no name in \/var\/run\/netns/,
    },
    passes: ['pod.processes', 'pod.veth', 'pod.bridge', 'pod.describe', 'cni.config'],
  },
  {
    drill: 'one-process-too-many',
    fails: {
      'pod.processes':
        /tail -f \/dev\/null is in the namespace of nginx-worker-0 too.*ip netns pids cni-/,
    },
    passes: ['pod.netns', 'pod.veth', 'pod.bridge', 'nat.ping'],
  },
  {
    drill: 'frozen-worker',
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
    drill: 'deaf-worker',
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
    drill: 'pods-never-start',
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
