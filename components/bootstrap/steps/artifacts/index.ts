import type { Node } from '../../../topology';
import { type BootstrapArgs, type Step, plain, template } from '../../step';

const CNI = '/opt/cni/bin';
const BIN = '/usr/local/bin';

/** Programs of a node by role, with the directory of each. */
export const PROGRAMS: Record<Node['role'], { name: string; directory: string }[]> = {
  controller: [
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kubectl',
  ].map((name) => ({ name, directory: BIN })),
  worker: [
    ...[
      'containerd',
      'containerd-shim-runc-v2',
      'ctr',
      'runc',
      'crictl',
      'kubelet',
      'kube-proxy',
    ].map((name) => ({ name, directory: BIN })),
    ...['bridge', 'host-local', 'loopback', 'portmap'].map((name) => ({ name, directory: CNI })),
  ],
};

/**
 * Formats /etc/hardway/programs: one line for each program and architecture, with name, directory,
 * architecture, URL, digest and member of the archive. `-` stands for a missing value.
 */
function programs(node: Node, downloads: BootstrapArgs['downloads'] = []): string {
  return PROGRAMS[node.role]
    .flatMap(({ name, directory }) => {
      const offered = downloads.filter((download) => download.name === name);
      if (offered.length === 0) return [[name, directory, '-', '-', '-', '-']];
      return offered.map(({ architecture, url, digest, member = '-' }) => [
        name,
        directory,
        architecture,
        url,
        digest,
        member,
      ]);
    })
    .map((words) => `${words.join(' ')}\n`)
    .join('');
}

export const artifacts: Step = {
  name: 'artifacts',
  description: 'The programs of the node’s role are installed, in the versions of the lab',
  on: 'all',
  stage: 'network',
  files: (node, { downloads }) => [
    plain('/etc/hardway/programs', programs(node, downloads)),
    plain('/etc/hardway/packages', template('artifacts/packages')),
  ],
};
