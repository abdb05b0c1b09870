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
      }),
    ),
  ],
};
