import { textIf } from '../../../../util/optional';
import { type Step, controllers, plain, template } from '../../step';

/**
 * Flags of local labs, which share a host. Three times etcd's default intervals: an idle etcd then
 * uses a quarter less of the processor. A lost leader is replaced after 3 to 6 seconds.
 */
const LOCAL_FLAGS = ['--unsafe-no-fsync', '--heartbeat-interval=300', '--election-timeout=3000']
  .map((flag) => ` \\\n  ${flag}`)
  .join('');

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
        MORE_FLAGS: textIf(disposable, LOCAL_FLAGS),
      }),
    ),
  ],
};
