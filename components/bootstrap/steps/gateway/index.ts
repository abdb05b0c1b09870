import { type Step, plain, template, workers } from '../../step';

export const gateway: Step = {
  name: 'gateway',
  description:
    'Private nodes reach the internet through this node, and the internet reaches their NodePorts',
  on: 'gateway',
  stage: 'none',
  units: ['hardway-gateway'],
  files: (node, { topology }) => [
    plain(
      '/etc/hardway/gateway.nft',
      template('gateway/gateway.nft', {
        INSIDE: `${topology.nodeCidr}, ${topology.podCidr}`,
        NODE_IP: node.privateIp,
        NODE_PORTS: topology.nodePorts.join('-'),
        WORKER_IP: workers(topology)[0].privateIp,
      }),
    ),
    plain('/etc/sysctl.d/99-hardway-gateway.conf', template('gateway/99-hardway-gateway.conf')),
    plain(
      '/etc/systemd/system/hardway-gateway.service',
      template('gateway/hardway-gateway.service'),
    ),
  ],
};
