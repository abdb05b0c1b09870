import type { Topology } from '../../../topology';
import { type Step, plain, template } from '../../step';

/**
 * Returns CoreDNS's config. Without an upstream resolver, names outside the cluster get NXDOMAIN.
 */
function corefile({ clusterDomain }: Topology, upstreamResolvers: string[]): string {
  const CLUSTER_DOMAIN = clusterDomain;
  if (upstreamResolvers.length === 0) return template('coredns/Corefile.local', { CLUSTER_DOMAIN });
  return template('coredns/Corefile.forward', {
    CLUSTER_DOMAIN,
    UPSTREAM: upstreamResolvers.join(' '),
  });
}

/** Returns the fields that give the service kube-dns an address of each family. */
function dualStack({ dnsIp, ipv6 }: Topology): string {
  if (ipv6)
    return `\n  clusterIPs: ["${dnsIp}", "${ipv6.dnsIp}"]\n  ipFamilyPolicy: PreferDualStack\n  ipFamilies: [IPv4, IPv6]`;
  return '';
}

export const coredns: Step = {
  name: 'coredns',
  description: 'The objects of the DNS add-on exist in the cluster',
  on: 'first controller',
  stage: 'cluster',
  files: (_, { topology, upstreamResolvers = [] }) => [
    plain(
      '/var/lib/kubernetes/coredns.yaml',
      template('coredns/coredns.yaml', {
        COREFILE: corefile(topology, upstreamResolvers),
        DNS_IP: topology.dnsIp,
        DNS_IPV6: dualStack(topology),
      }),
    ),
  ],
};
