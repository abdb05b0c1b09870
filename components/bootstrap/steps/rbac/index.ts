import * as pulumi from '@pulumi/pulumi';
import { itemsIf } from '../../../../util/optional';
import { balancesServices } from '../../../balanced-services';
import { type BootstrapArgs, type Step, type StepFile, plain, script, template } from '../../step';

/** Returns the files that report addresses of the cloud's balancers; none if the lab has none. */
function addressFiles({ serviceAddresses = [] }: BootstrapArgs): StepFile[] {
  if (serviceAddresses.length === 0) return [];
  const lines = serviceAddresses.map(
    ({ service, address }) => pulumi.interpolate`${service} ${address}\n`,
  );
  return [
    plain('/etc/hardway/service-addresses', pulumi.concat(...lines)),
    script('/usr/local/bin/service-addresses', 'rbac/service-addresses.sh'),
    plain(
      '/etc/systemd/system/service-addresses.service',
      template('rbac/service-addresses.service'),
    ),
  ];
}

export const rbac: Step = {
  name: 'rbac',
  description: 'The API server may fetch logs from the kubelets and run commands in pods',
  on: 'first controller',
  stage: 'network',
  files: (_node, lab) => [
    plain('/var/lib/kubernetes/kubelet-access.yaml', template('rbac/kubelet-access.yaml')),
    ...itemsIf(
      balancesServices(lab.config),
      plain(
        '/var/lib/kubernetes/service-controller.yaml',
        template('rbac/service-controller.yaml'),
      ),
    ),
    ...addressFiles(lab),
  ],
};
