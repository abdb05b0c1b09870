import type { Node } from '../../../topology';
import { type BootstrapArgs, type Step, plain, template } from '../../step';

const CNI = '/opt/cni/bin';
const BIN = '/usr/local/bin';

/** Which programs a node of each role runs, and where they belong. */
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
 * A line a program, or one for each architecture that it can be downloaded for: name, directory, architecture, address,
 * digest, member of the archive; `-` for what there is not.
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
  description: 'The programs of its role are in place, of the very versions that the lab names',
  on: 'all',
  stage: 'network',
  files: (node, { downloads }) => [
    plain('/etc/hardway/programs', programs(node, downloads)),
    plain('/etc/hardway/packages', template('artifacts/packages')),
  ],
};
