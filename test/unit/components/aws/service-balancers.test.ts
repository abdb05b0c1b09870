import { graphText } from '../../../support/graph-text';
import { each } from '../../../support/each';
import { graphOn, type Made } from '../../../support/aws-graph';

const SERVICES = 'default/nginx:80=31080,default/nginx:443=31443,shop/web:80=31090@31091';
const CIDRS = ['198.51.100.0/24', '203.0.113.0/24'];

describe('balancers of services on AWS', () => {
  let lab: Made;
  let without: Made;
  beforeAll(async () => {
    const raw = { nodePortCidrs: JSON.stringify(CIDRS), workers: '2' };
    [lab, without] = [await graphOn({ ...raw, loadBalancers: SERVICES }), await graphOn(raw)];
  }, 60_000);
  /** Resources that a lab without balancers of services does not have. */
  const added = () => {
    const known = new Set(without.all.map(({ type, name }) => `${type} ${name}`));
    return lab.all.filter(({ type, name }) => !known.has(`${type} ${name}`));
  };

  test('add only resources, which match the snapshot', () => {
    const titles = (made: Made): string[] => made.all.map(({ type, name }) => `${type} ${name}`);
    expect(titles(lab)).toEqual(expect.arrayContaining(titles(without)));
    expect(graphText(added())).toMatchSnapshot();
  });

  test('have one address and balancer for each service, and a listener for each port', () => {
    const names = (kind: string): string[] =>
      lab
        .every(kind)
        .map(({ name }) => name)
        .sort();
    expect(names('Eip')).toEqual(['api', 'service-31080', 'service-31090']);
    expect(names('LoadBalancer')).toEqual(['api', 'service-31080', 'service-31090']);
    expect(names('Listener')).toEqual([
      'api',
      'service-31080-443',
      'service-31080-80',
      'service-31090-80',
    ]);
    expect(lab.of('Listener', 'service-31080-443').inputs).toMatchObject({
      port: 443,
      protocol: 'TCP',
      defaultActions: [{ type: 'forward' }],
    });
    expect(lab.of('LoadBalancer', 'service-31080').inputs).toMatchObject({
      name: 'service-31080-nodes-id',
      loadBalancerType: 'network',
      internal: false,
      securityGroups: ['service-31080-id'],
      subnetMappings: [{ subnetId: 'nodes-id' }],
    });
  });

  test('send each port to its NodePort on every worker, and only there', () => {
    const attached = lab
      .every('TargetGroupAttachment')
      .filter(({ name }) => name.startsWith('service-'))
      .map(({ inputs }) => `${inputs.targetId}:${inputs.port}`);
    const wanted = [31080, 31443, 31090].flatMap((port) =>
      [0, 1].map((index) => `i-worker-${index}:${port}`),
    );
    expect(attached.sort()).toEqual(wanted.sort());
  });

  test.each([
    ['service-31080-31080', 31080, '10256'],
    ['service-31080-31443', 31443, '10256'],
    ['service-31090-31090', 31090, '31091'],
  ])('ask kube-proxy for the health of a worker: %s', (name, port, health) =>
    expect(lab.of('TargetGroup', name).inputs).toMatchObject({
      port,
      targetType: 'instance',
      preserveClientIp: 'true',
      healthCheck: { protocol: 'HTTP', path: '/healthz', port: health, matcher: '200' },
    }),
  );

  test('admit nodePortCidrs at the ports of their service, and nothing else', () => {
    const rules = lab
      .every('SecurityGroupIngressRule')
      .filter(({ inputs }) => inputs.securityGroupId.startsWith('service-'))
      .map(({ inputs: { securityGroupId, ipProtocol, fromPort, toPort, cidrIpv4 } }) =>
        [securityGroupId, ipProtocol, fromPort, toPort, cidrIpv4].join(' '),
      );
    const wanted = CIDRS.flatMap((cidr) => [
      `service-31080-id tcp 80 80 ${cidr}`,
      `service-31080-id tcp 443 443 ${cidr}`,
      `service-31090-id tcp 80 80 ${cidr}`,
    ]);
    expect(rules.sort()).toEqual(wanted.sort());
  });

  test('reach only NodePorts and health ports of the nodes', () => {
    const rules = lab
      .every('SecurityGroupEgressRule')
      .filter(({ inputs }) => inputs.securityGroupId.startsWith('service-'))
      .map(({ inputs: { securityGroupId, fromPort, toPort, cidrIpv4 } }) =>
        [securityGroupId, fromPort, toPort, cidrIpv4].join(' '),
      );
    expect(rules.sort()).toEqual(
      [
        'service-31080-id 10256 10256 10.240.0.0/24',
        'service-31080-id 31080 31080 10.240.0.0/24',
        'service-31080-id 31443 31443 10.240.0.0/24',
        'service-31090-id 31090 31090 10.240.0.0/24',
        'service-31090-id 31091 31091 10.240.0.0/24',
      ].sort(),
    );
  });

  test('give no permission to nodes, and change no rule of their groups', () => {
    each(lab.every('Instance'), ({ inputs }) => expect(inputs.iamInstanceProfile).toBeUndefined());
    const ofNodes = (made: Made) =>
      made
        .every('SecurityGroupIngressRule')
        .filter(({ inputs }) => inputs.securityGroupId.startsWith('nodes-'))
        .map(({ inputs }) => inputs);
    expect(ofNodes(lab)).toEqual(ofNodes(without));
  });

  test('wait for no instance, and for the reservation of the nodes’ addresses', () => {
    const early = [lab.of('LoadBalancer', 'service-31080'), lab.of('Listener', 'service-31080-80')];
    each(lab.every('Instance'), (instance) =>
      expect(early.filter((resource) => lab.comesAfter(resource, instance))).toEqual([]),
    );
    each(lab.every('SubnetCidrReservation'), (reservation) =>
      expect(lab.comesAfter(early[0], reservation)).toBe(true),
    );
  });

  test('have tags and short names, by which leftovers are found', () => {
    const isUntagged = (type: string): boolean => /:TargetGroupAttachment$/.test(type);
    each(
      added().filter(({ type }) => type.startsWith('aws:') && !isUntagged(type)),
      ({ name, inputs }) => expect(inputs.tags['hardway-resource']).toBe(name),
    );
    // The provider adds a hyphen and seven digits to the name, and AWS admits 32 characters.
    each([...lab.every('TargetGroup'), ...lab.every('LoadBalancer')], ({ name }) =>
      expect(name.length).toBeLessThanOrEqual(24),
    );
  });
});
