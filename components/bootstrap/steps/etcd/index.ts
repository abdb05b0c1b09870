import { textIf } from '../../../../util/optional';
import { type Step, controllers, plain, template } from '../../step';

export const etcd: Step = {
  name: 'etcd',
  description: 'etcd runs, a member of the database that holds the cluster’s state',
  on: 'controller',
  stage: 'network',
  units: ['etcd'],
  files: (node, { topology, disposable }) => [
    plain(
      '/etc/systemd/system/etcd.service',
      template('etcd/etcd.service', {
        NODE_NAME: node.name,
        NODE_IP: node.privateIp,
        INITIAL_CLUSTER: controllers(topology)
          .map(({ name, privateIp }) => `${name}=https://${privateIp}:2380`)
          .join(','),
        MORE_FLAGS: textIf(disposable, ' \\\n  --unsafe-no-fsync'),
      }),
    ),
  ],
};
