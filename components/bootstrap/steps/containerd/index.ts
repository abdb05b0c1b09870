import * as pulumi from '@pulumi/pulumi';
import { listOf } from '../../../../util/optional';
import { type Step, plain, script, template } from '../../step';

export const containerd: Step = {
  name: 'containerd',
  description: 'Runs containers, and calls the CNI plugins for each pod',
  on: 'worker',
  stage: 'network',
  units: ['containerd'],
  files: (_, { imageMirror }) => [
    plain('/etc/containerd/config.toml', template('containerd/config.toml')),
    plain('/etc/systemd/system/containerd.service', template('containerd/containerd.service')),
    script('/opt/hardway/writable-cgroups.sh', 'containerd/writable-cgroups.sh'),
    ...listOf(imageMirror).map((mirror) =>
      plain(
        '/etc/containerd/certs.d/_default/hosts.toml',
        pulumi
          .output(mirror)
          .apply((IMAGE_MIRROR) => template('containerd/hosts.toml', { IMAGE_MIRROR })),
      ),
    ),
  ],
};
