import { graphOn } from '../../../support/aws-graph';

describe('replacement on AWS', () => {
  test.each(['full', 'small'])(
    'deletes a resource first only if it cannot exist twice, in profile %s',
    async (profile) => {
      const lab = await graphOn({ profile });
      const made = lab.all.filter(({ type }) => type.startsWith('aws:'));
      const kinds = (first: boolean): string[] =>
        [
          ...new Set(
            made
              .filter(({ deleteBeforeReplace }) => deleteBeforeReplace === first)
              .map(({ type }) => type.split(':').pop()!),
          ),
        ].sort();
      const balancer = [
        'Listener',
        'LoadBalancer',
        'SubnetCidrReservation',
        'TargetGroupAttachment',
      ];
      expect(kinds(true)).toEqual(
        [
          ...['Instance', 'Route', 'RouteTableAssociation', 'Subnet'],
          ...['SecurityGroupEgressRule', 'SecurityGroupIngressRule'],
          ...(profile === 'full' ? balancer : ['EipAssociation']),
        ].sort(),
      );
      expect(kinds(false)).toEqual(
        [
          ...['Eip', 'InternetGateway', 'KeyPair', 'RouteTable', 'SecurityGroup', 'Vpc'],
          ...(profile === 'full' ? ['TargetGroup'] : []),
        ].sort(),
      );
    },
  );

  test('replaces the balancer with its subnet, and the gateway with its VPC', async () => {
    const lab = await graphOn();
    const balancer = lab.of('LoadBalancer', 'api');
    // The provider replaces a balancer for its name, also while the subnet's id is unknown.
    expect(balancer.inputs.name).toBe('api-nodes-id');
    expect(balancer.propertyDependencies.name).toEqual(['aws:ec2/subnet:Subnet nodes']);
    expect(lab.of('InternetGateway', 'internet-gateway').replaceOnChanges).toEqual(['vpcId']);
  });
});
