const pod = (name: string, app: string, { node, ip }: { node: string; ip: string }) => ({
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app } },
  spec: { nodeName: node },
  status: { podIP: ip, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

/** Objects of a student who has prepared the tour, as kubectl prints them. nginx runs on worker-1. */
export const CLUSTER = {
  items: [
    pod('busybox0-aaaaa', 'busybox0', { node: 'worker-0', ip: '10.200.0.3' }),
    pod('busybox0-bbbbb', 'busybox0', { node: 'worker-1', ip: '10.200.1.3' }),
    pod('nginx-7f8fbb96d-2nh5z', 'nginx', { node: 'worker-1', ip: '10.200.1.2' }),
    {
      kind: 'Service',
      metadata: { name: 'nginx', namespace: 'default' },
      spec: { clusterIP: '10.32.0.53', ports: [{ port: 80, nodePort: 31088 }] },
      status: {},
    },
    {
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system' },
      spec: { clusterIP: '10.32.0.10', ports: [{ port: 53 }] },
      status: {},
    },
  ],
};
