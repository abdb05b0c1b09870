import { itemsIf, textIf } from '../../../../util/optional';
import type { LabConfig } from '../../../config';
import { type Step, plain, script, template } from '../../step';

/** Returns the name of the CNI file: the article's, or a list of plugins if hostPorts is set. */
function configName({ hostPorts }: LabConfig): string {
  if (hostPorts) return '10-bridge.conflist';
  return '10-bridge.conf';
}

export const cni: Step = {
  name: 'cni',
  description: 'Gives pods an address on the bridge, and lets the node forward their packets',
  on: 'worker',
  stage: 'network',
  units: ['pod-bridge', 'pod-hairpin'],
  files: (node, { config, topology }) => [
    plain(
      `/etc/cni/net.d/${configName(config)}`,
      template(`cni/${configName(config)}`, {
        IP_MASQ: config.ipMasq,
        // The article's file sets no MTU, and an MTU of 1500 needs no line.
        MTU: textIf(topology.mtu !== 1500, `\n    "mtu": ${topology.mtu},`),
        POD_CIDR: node.podCidr!,
        RANGE6: textIf(node.podCidr6, `,\n          [{"subnet": "${node.podCidr6}"}]`),
        ROUTE6: textIf(node.podCidr6, ', {"dst": "::/0"}'),
      }),
    ),
    plain('/etc/cni/net.d/99-loopback.conf', template('cni/99-loopback.conf')),
    plain('/etc/modules-load.d/hardway.conf', template('cni/hardway.conf')),
    plain(
      '/etc/sysctl.d/99-hardway.conf',
      template('cni/99-hardway.conf') + textIf(topology.ipv6, template('cni/99-hardway-ipv6.conf')),
    ),
    script('/opt/hardway/pod-bridge.sh', 'cni/pod-bridge.sh'),
    plain(
      '/etc/systemd/system/pod-bridge.service',
      template('cni/pod-bridge.service', {
        POD_IPV6: textIf(
          topology.ipv6,
          `\nExecStart=/opt/hardway/pod-ipv6.sh ${topology.ipv6?.podCidr}`,
        ),
      }),
    ),
    ...itemsIf(topology.ipv6, script('/opt/hardway/pod-ipv6.sh', 'cni/pod-ipv6.sh')),
    script('/opt/hardway/pod-hairpin.sh', 'cni/pod-hairpin.sh'),
    plain('/etc/systemd/system/pod-hairpin.service', template('cni/pod-hairpin.service')),
  ],
};
