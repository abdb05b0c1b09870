import * as balancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as ec2 from '@aws-sdk/client-ec2';
import { type AwsClients, labResources } from '../../../../cli/account/aws-resources';

const Tags = [
  { Key: 'hardway-lab', Value: 'aws-s01' },
  { Key: 'hardway-state', Value: '0a1b2c3d' },
];
const instance = (InstanceId: string, Name: ec2.InstanceStateName): ec2.Instance => ({
  InstanceId,
  InstanceType: 't3.small',
  State: { Name },
  Tags,
});

/** Instances of the account, in any state. */
let instances: ec2.Instance[];

/** Selects the instances that a filter of DescribeInstances admits. */
function described(filters: ec2.Filter[]): ec2.Instance[] {
  const states = filters.find(({ Name }) => Name === 'instance-state-name')?.Values;
  return instances.filter(({ State }) => states?.includes(State!.Name!) ?? true);
}

/**
 * Answers like AWS minutes after a `down`. Terminated instances stay visible for about an hour, with
 * their tags (API reference of EC2, TerminateInstances). The deleted volume is only among the tags:
 * AWS's tagging API was seen to list deleted volumes (aws/aws-cli#4173).
 */
function answer({ constructor, input }: { constructor: { name: string }; input: object }): object {
  switch (constructor.name) {
    case 'DescribeInstancesCommand': {
      const { Filters = [] } = input as ec2.DescribeInstancesCommandInput;
      return { Reservations: [{ Instances: described(Filters) }] };
    }
    case 'DescribeVpcsCommand':
      return { Vpcs: [{ VpcId: 'vpc-1', Tags }] };
    case 'DescribeTagsCommand':
      return {
        Tags: ['i-0', 'vol-0', 'vpc-1'].flatMap((ResourceId) =>
          Tags.map((tag) => ({ ...tag, ResourceId })),
        ),
      };
    default:
      return {};
  }
}

describe('the resources of a lab on AWS after its `down`', () => {
  const clients: AwsClients = {
    region: 'us-west-2',
    ec2: new ec2.EC2Client({ region: 'us-west-2' }),
    balancing: new balancing.ElasticLoadBalancingV2Client({ region: 'us-west-2' }),
  };
  beforeEach(() => {
    const send = (command: never): Promise<object> => Promise.resolve(answer(command));
    jest.spyOn(clients.ec2, 'send').mockImplementation(send as never);
    jest.spyOn(clients.balancing, 'send').mockImplementation(send as never);
  });
  afterAll(() => jest.restoreAllMocks());

  const found = async (): Promise<string[]> =>
    (await labResources(clients, 'aws-s01')).map(({ id }) => id);

  test('include no terminated instance and no deleted volume, although both are listed by tag', async () => {
    instances = [instance('i-0', 'terminated')];
    expect(await found()).toEqual(['vpc-1']);
  });

  test('include an instance until it is terminated', async () => {
    instances = [instance('i-1', 'shutting-down'), instance('i-2', 'stopped')];
    expect(await found()).toEqual(['i-1', 'i-2', 'vpc-1']);
  });
});
