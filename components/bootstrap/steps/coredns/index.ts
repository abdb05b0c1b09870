import { type Step, plain, template } from '../../step';

export const coredns: Step = {
  name: 'coredns',
  description: 'The DNS add-on is asked for',
  on: 'first controller',
  stage: 'cluster',
  files: (_, { topology, upstreamResolvers = [] }) => [
    plain(
      '/var/lib/kubernetes/coredns.yaml',
      template('coredns/coredns.yaml', {
        CLUSTER_DOMAIN: topology.clusterDomain,
        DNS_IP: topology.dnsIp,
        FORWARD:
          upstreamResolvers.length === 0
            ? ''
            : `\n        forward . ${upstreamResolvers.join(' ')}`,
      }),
    ),
  ],
};
