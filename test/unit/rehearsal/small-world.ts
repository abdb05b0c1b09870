import type { World } from '../../../rehearsal/data-plane/world';

/** Returns a world with one VPC, a public and a private subnet, a controller and a worker. */
export const smallWorld = (): World => ({
  vpcs: [{ id: 'vpc-1', region: 'us-west-2', cidr: '10.240.0.0/24', gateway: 'igw-1' }],
  subnets: [
    { id: 'subnet-a', vpc: 'vpc-1', cidr: '10.240.0.0/28', table: 'rtb-a' },
    { id: 'subnet-b', vpc: 'vpc-1', cidr: '10.240.0.16/28', table: 'rtb-b' },
  ],
  tables: [
    {
      id: 'rtb-a',
      vpc: 'vpc-1',
      routes: [
        { destination: '0.0.0.0/0', via: { gateway: 'igw-1' } },
        { destination: '10.200.0.0/24', via: { interface: 'eni-000000000002' } },
      ],
    },
    {
      id: 'rtb-b',
      vpc: 'vpc-1',
      routes: [{ destination: '0.0.0.0/0', via: { interface: 'eni-000000000001' } }],
    },
  ],
  groups: [
    {
      id: 'sg-1',
      ingress: [
        { protocol: 'tcp', from: 22, to: 22, cidr: '203.0.113.1/32', group: null },
        { protocol: 'icmp', from: -1, to: -1, cidr: '10.240.0.0/24', group: null },
        { protocol: 'udp', from: 0, to: 65535, cidr: null, group: 'sg-1' },
      ],
      egress: [{ protocol: '-1', from: null, to: null, cidr: '0.0.0.0/0', group: null }],
    },
  ],
  interfaces: [
    {
      id: 'eni-000000000001',
      vpc: 'vpc-1',
      subnet: 'subnet-a',
      privateIp: '10.240.0.10',
      publicIp: '198.18.0.10',
      sourceDestCheck: false,
      groups: ['sg-1'],
    },
    {
      id: 'eni-000000000002',
      vpc: 'vpc-1',
      subnet: 'subnet-b',
      privateIp: '10.240.0.20',
      publicIp: null,
      sourceDestCheck: true,
      groups: ['sg-1'],
    },
  ],
  instances: ['1', '2'].map((number) => ({
    id: `i-${number}`,
    interface: `eni-00000000000${number}`,
    type: 't3.small',
    zone: 'us-west-2a',
    image: 'ami-1',
    state: 'running',
    userData: Buffer.from('#cloud-config\n').toString('base64'),
    key: { name: 'lab', public: 'ssh-ed25519 AAAA lab' },
    metadata: { enabled: true, tokensRequired: true, hopLimit: 1 },
  })),
  balancers: [],
  resources: [],
});
