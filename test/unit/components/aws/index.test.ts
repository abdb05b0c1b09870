import { bare, isSecret, type Registered } from '../../../support/mocks';
import { graphOn, type Made } from '../../../support/aws-graph';
import { each } from '../../../support/each';

const CIDR = '198.51.100.0/24';
const KINDS = [
  'Subnet',
  'RouteTable',
  'RouteTableAssociation',
  'InternetGateway',
  'Vpc',
  'KeyPair',
  'Instance',
  'SecurityGroup',
  'Eip',
  'LoadBalancer',
  'Listener',
  'TargetGroup',
  'TargetGroupAttachment',
  'Route',
];
/** Kinds that AWS gives no tags, or that the provider cannot tag. */
const isUntagged = (type: string): boolean =>
  /:(Route|RouteTableAssociation|SubnetCidrReservation|TargetGroupAttachment)$/.test(type);

const counts = (lab: Made): Record<string, number> =>
  Object.fromEntries(KINDS.map((kind) => [kind, lab.every(kind).length]));

describe('AWS with the default config', () => {
  let lab: Made;
  beforeAll(async () => {
    lab = await graphOn();
  });

  test('has exactly these resources', () => {
    expect(counts(lab)).toEqual({
      Vpc: 1,
      Subnet: 1,
      InternetGateway: 1,
      RouteTable: 1,
      RouteTableAssociation: 1,
      Route: 4,
      SecurityGroup: 4,
      KeyPair: 1,
      Instance: 6,
      Eip: 1,
      LoadBalancer: 1,
      TargetGroup: 1,
      TargetGroupAttachment: 3,
      Listener: 1,
    });
  });

  test('gives every node its fixed address in the subnet, and lets it forward packets', () => {
    each(lab.plan.nodes, (node) => {
      expect(lab.of('Instance', node.name).inputs).toMatchObject({
        privateIp: node.privateIp,
        sourceDestCheck: false,
        associatePublicIpAddress: true,
        subnetId: 'nodes-id',
        keyName: 'key pair ssh-key',
        tags: { Name: `aws-s01-${node.name}`, 'hardway-resource': node.name },
      });
    });
    expect(lab.of('Subnet', 'nodes').inputs).toMatchObject({
      cidrBlock: '10.240.0.0/24',
      vpcId: 'vpc-id',
      mapPublicIpOnLaunch: false,
    });
    expect(lab.of('Vpc', 'vpc').inputs.cidrBlock).toBe('10.240.0.0/24');
    expect(lab.of('RouteTableAssociation', 'nodes').inputs).toEqual({
      subnetId: 'nodes-id',
      routeTableId: 'nodes-id',
    });
  });

  test('routes each worker’s pods to its interface, and other packets to the internet gateway', () => {
    const routes = lab
      .every('Route')
      .map(({ inputs }) => [
        inputs.destinationCidrBlock,
        inputs.networkInterfaceId ?? inputs.gatewayId,
      ])
      .sort();
    expect(routes).toEqual([
      ['0.0.0.0/0', 'internet-gateway-id'],
      ['10.200.0.0/24', 'eni-worker-0'],
      ['10.200.1.0/24', 'eni-worker-1'],
      ['10.200.2.0/24', 'eni-worker-2'],
    ]);
    each(lab.every('Route'), ({ inputs }) => expect(inputs.routeTableId).toBe('nodes-id'));
  });

  test('uses Canonical’s image for the type’s architecture, and keeps it', async () => {
    each(lab.every('Instance'), ({ inputs, ignoreChanges }) => {
      expect(inputs).toMatchObject({ ami: 'ami-for-x86_64', instanceType: 't3.small' });
      expect(ignoreChanges).toEqual(['ami']);
    });
    const other = await graphOn({ controllerType: 't4g.small', workerType: 't3.medium' });
    expect(other.of('Instance', 'controller-1').inputs).toMatchObject({
      ami: 'ami-for-arm64',
      instanceType: 't4g.small',
    });
    expect(other.of('Instance', 'worker-1').inputs).toMatchObject({
      ami: 'ami-for-x86_64',
      instanceType: 't3.medium',
    });
  });

  test('replaces an instance with a changed first boot, and deletes the old one first', () => {
    each(lab.every('Instance'), ({ name, inputs, deleteBeforeReplace }) => {
      expect(isSecret(inputs.userData)).toBe(true);
      expect(bare(inputs.userData)).toBe(
        `#cloud-config\nhostname: ${name}\nssh_deletekeys: true\nssh_keys:\n  ed25519_private: PRIVATE ${name}-host-key\n  ed25519_public: public ${name}-host-key\n`,
      );
      expect(inputs.userDataReplaceOnChange).toBe(true);
      expect(deleteBeforeReplace).toBe(true);
    });
  });

  test('describes every rule with characters that AWS accepts', () => {
    each(
      [...lab.every('SecurityGroupIngressRule'), ...lab.every('SecurityGroupEgressRule')],
      ({ inputs }) => {
        expect(inputs.description).toMatch(/^[A-Z][a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{10,254}$/);
      },
    );
  });

  test('balances the API: HTTPS health, and the balancer’s own address to the targets', () => {
    expect(lab.of('TargetGroup', 'api').inputs).toMatchObject({
      port: 6443,
      protocol: 'TCP',
      preserveClientIp: 'false',
      vpcId: 'vpc-id',
      healthCheck: { protocol: 'HTTPS', path: '/healthz', port: 'traffic-port' },
    });
    // A probe is over before the next one; where it is not said, it may last ten seconds.
    const { interval, timeout } = lab.of('TargetGroup', 'api').inputs.healthCheck;
    expect(timeout).toBeLessThan(interval);
    expect(
      lab
        .every('TargetGroupAttachment')
        .map(({ inputs }) => [inputs.targetId, inputs.targetGroupArn, inputs.port]),
    ).toEqual([0, 1, 2].map((index) => [`i-controller-${index}`, 'arn of TargetGroup', 6443]));
    const balancer = lab.of('LoadBalancer', 'api');
    expect(balancer.inputs).toMatchObject({
      loadBalancerType: 'network',
      internal: false,
      securityGroups: ['balancer-id'],
      subnetMappings: [{ subnetId: 'nodes-id', allocationId: 'eipalloc-api' }],
    });
    expect(lab.of('Listener', 'api').inputs).toMatchObject({
      port: 6443,
      protocol: 'TCP',
      loadBalancerArn: 'arn of LoadBalancer',
      defaultActions: [{ type: 'forward', targetGroupArn: 'arn of TargetGroup' }],
    });
    const rules = lab
      .every('SecurityGroupIngressRule')
      .filter(({ inputs }) => inputs.securityGroupId === 'balancer-id');
    expect(rules.map(({ inputs }) => [inputs.cidrIpv4, inputs.fromPort, inputs.toPort])).toEqual([
      [CIDR, 6443, 6443],
    ]);
    expect(lab.of('SecurityGroupEgressRule', 'balancer-out').inputs).toMatchObject({
      cidrIpv4: '10.240.0.0/24',
      fromPort: 6443,
      toPort: 6443,
      securityGroupId: 'balancer-id',
    });
  });

  test('creates balancer, listener and target group without waiting for an instance', () => {
    const early = [
      lab.of('LoadBalancer', 'api'),
      lab.of('Listener', 'api'),
      lab.of('TargetGroup', 'api'),
    ];
    each(lab.every('Instance'), (instance) =>
      expect(early.filter((resource) => lab.comesAfter(resource, instance))).toEqual([]),
    );
    expect(lab.every('Instance').length).toBe(6);
    const order = (resource: Registered): number => lab.all.indexOf(resource);
    expect(order(early[0])).toBeLessThan(order(lab.of('Instance', 'controller-0')));
  });

  test('reserves the addresses of nodes before the balancer takes one', () => {
    const reservations = lab.every('SubnetCidrReservation');
    expect(reservations.map(({ inputs }) => inputs.cidrBlock)).toEqual([
      '10.240.0.8/29',
      '10.240.0.20/30',
      '10.240.0.24/30',
      '10.240.0.28/32',
    ]);
    each(reservations, (reservation) => {
      expect(reservation.inputs).toMatchObject({
        subnetId: 'nodes-id',
        reservationType: 'explicit',
      });
      expect(lab.comesAfter(lab.of('LoadBalancer', 'api'), reservation)).toBe(true);
    });
  });

  test('names each resource that can have tags in a tag', () => {
    const tagged = lab.all.filter(({ type }) => type.startsWith('aws:') && !isUntagged(type));
    expect(tagged.map(({ inputs }) => inputs.tags?.['hardway-resource'])).toEqual(
      tagged.map(({ name }) => name),
    );
    each(lab.every('Instance'), ({ name, inputs }) =>
      expect(inputs.rootBlockDevice.tags['hardway-resource']).toBe(name),
    );
  });

  test('creates every resource with the lab’s provider and tags', () => {
    const provider = lab.of('aws', 'aws');
    expect(provider.type).toBe('pulumi:providers:aws');
    expect(provider.inputs.region).toBe('us-west-2');
    const tags = { 'hardway-lab': 'aws-s01', 'hardway-state': '0a1b2c3d', student: 'ada' };
    expect(JSON.parse(provider.inputs.defaultTags)).toEqual({ tags });
    const made = lab.all.filter(({ type }) => type.startsWith('aws:'));
    expect(made.length).toBeGreaterThan(30);
    each(made, (resource) =>
      expect(resource).toMatchObject({ provider: 'aws', parent: 'test:test:Parent test' }),
    );
    // Volumes get the default tags, too. Said again, the provider would see them as a difference each time.
    each(lab.every('Instance'), ({ name, inputs }) =>
      expect(inputs.rootBlockDevice.tags).toEqual({
        Name: `aws-s01-${name}`,
        'hardway-resource': name,
      }),
    );
  });

  test('deletes the internet gateway after all resources with public addresses', () => {
    each(
      [...lab.every('Instance'), ...lab.every('Eip'), ...lab.every('LoadBalancer')],
      ({ dependencies }) => {
        expect(dependencies).toContain('aws:ec2/internetGateway:InternetGateway internet-gateway');
      },
    );
  });
});

describe('the expiry tag on AWS', () => {
  test.each(['full', 'small'])(
    'is on the VPC and on each instance, and on no other resource, in profile %s',
    async (profile) => {
      const lab = await graphOn({ profile });
      const tagged = lab.all.filter(({ inputs }) => JSON.stringify(inputs).includes('"expires"'));
      expect(tagged.map(({ name }) => name).sort()).toEqual(
        ['vpc', ...lab.plan.nodes.map(({ name }) => name)].sort(),
      );
      each(tagged, ({ inputs }) => expect(inputs.tags.expires).toBe('2026-12-01T18:00Z'));
    },
  );
});

describe('policies on AWS', () => {
  test.each(['full', 'small'])('hold in profile %s', async (profile) => {
    const lab = await graphOn({ profile });
    each(lab.every('Instance'), ({ inputs }) => {
      expect(inputs.metadataOptions).toEqual({
        httpEndpoint: 'enabled',
        httpTokens: 'required',
        httpPutResponseHopLimit: 1,
      });
      expect(inputs.rootBlockDevice).toMatchObject({
        encrypted: true,
        volumeType: 'gp3',
        deleteOnTermination: true,
      });
      expect(inputs.subnetId).toMatch(/^(nodes|controllers|workers)-id$/);
      expect(inputs.iamInstanceProfile).toBeUndefined();
    });
    const rules = lab.every('SecurityGroupIngressRule');
    each(rules, ({ inputs }) => {
      expect(inputs.cidrIpv4).not.toBe('0.0.0.0/0');
      expect(inputs.cidrIpv6).toBeUndefined();
    });
    expect(lab.all.filter(({ type }) => /:Default[A-Z]/.test(type))).toEqual([]);
  });

  test('nodePortCidrs opens NodePorts to everyone, and no other port', async () => {
    const rules = (await graphOn({ nodePortCidrs: '0.0.0.0/0' })).every('SecurityGroupIngressRule');
    const open = rules.filter(({ inputs }) => inputs.cidrIpv4 === '0.0.0.0/0');
    const ports = open.map(({ inputs }) => `${inputs.fromPort}-${inputs.toPort}`);
    expect([...new Set(ports)]).toEqual(['30000-32767']);
  });
});

describe('AWS in profile small', () => {
  let lab: Made;
  beforeAll(async () => {
    lab = await graphOn({ profile: 'small' });
  });

  test('has three machines, one public address and no balancer', () => {
    expect(counts(lab)).toMatchObject({
      Instance: 3,
      Eip: 1,
      LoadBalancer: 0,
      TargetGroup: 0,
      Listener: 0,
      Subnet: 2,
      RouteTable: 2,
      SecurityGroup: 2,
    });
    // An Elastic IP's machine reads back as one with a public address: with false, each refresh would end in a new machine.
    expect(
      lab.every('Instance').map(({ name, inputs }) => [name, inputs.associatePublicIpAddress]),
    ).toEqual([
      ['controller-0', undefined],
      ['worker-0', false],
      ['worker-1', false],
    ]);
    each(lab.every('Subnet'), ({ inputs }) => expect(inputs.mapPublicIpOnLaunch).toBe(false));
    expect(lab.of('EipAssociation', 'api').inputs).toEqual({
      allocationId: 'eipalloc-api',
      networkInterfaceId: 'eni-controller-0',
    });
  });

  test('routes the workers’ subnet through the controller, and pod CIDRs in both tables', () => {
    const routes = lab
      .every('Route')
      .map(({ inputs }) =>
        [
          inputs.routeTableId,
          inputs.destinationCidrBlock,
          inputs.networkInterfaceId ?? inputs.gatewayId,
        ].join(' '),
      )
      .sort();
    expect(routes).toEqual([
      'controllers-id 0.0.0.0/0 internet-gateway-id',
      'controllers-id 10.200.0.0/24 eni-worker-0',
      'controllers-id 10.200.1.0/24 eni-worker-1',
      'workers-id 0.0.0.0/0 eni-controller-0',
      'workers-id 10.200.0.0/24 eni-worker-0',
      'workers-id 10.200.1.0/24 eni-worker-1',
    ]);
    const where = (name: string): string => lab.of('Instance', name).inputs.subnetId;
    expect([where('controller-0'), where('worker-0'), where('worker-1')]).toEqual([
      'controllers-id',
      'workers-id',
      'workers-id',
    ]);
    expect(lab.every('Subnet').map(({ inputs }) => inputs.cidrBlock)).toEqual([
      '10.240.0.0/28',
      '10.240.0.16/28',
    ]);
    // Between zones every byte costs.
    expect(lab.of('Subnet', 'workers').inputs.availabilityZone).toBe('us-west-2b');
  });
});
