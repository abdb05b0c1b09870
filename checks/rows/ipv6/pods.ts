import { contains6 } from '../../../util/cidr6';
import type { Check, Evidence } from '../../check';
import { gather } from './gather';

const podAddress: Check = {
  id: 'ipv6.pod.address',
  title: "Every pod has an IPv6 address of its worker's /64",
  node: 'laptop',
  command: "kubectl get pods -o jsonpath='{.items[*].status.podIPs}'",
  expected: 'two podIPs, the second in the /64 of the worker',
  stage: 'network',
  workers: 1,
  config: { ipFamily: 'dual' },
  dependsOn: ['cni.config'],
  async run(lab): Promise<Evidence> {
    const seen = await gather(lab.workers, async ({ name, podCidr6 }) => {
      const pods = await Promise.all([lab.pods.nginx(name), lab.pods.busybox(name)]);
      return {
        lines: pods.map((pod) => `${pod.name}: ${pod.ip} ${pod.ip6}`),
        problems: pods
          .filter(({ ip6 }) => !contains6(podCidr6!, ip6))
          .map(
            (pod) =>
              `${pod.name} on ${name} has ${pod.ip6 || 'no IPv6 address'}, expected one of ${podCidr6}`,
          ),
      };
    });
    return {
      node: 'laptop',
      command: podAddress.command.replace('kubectl', `kubectl -n ${lab.pods.namespace}`),
      expected: lab.workers
        .map(({ name, podCidr6 }) => `pods of ${name} in ${podCidr6}`)
        .join('; '),
      ...seen,
      look: "look at the second range of ipam in that worker's CNI config; only new pods follow it",
    };
  },
};

export const podChecks: Check[] = [podAddress];
