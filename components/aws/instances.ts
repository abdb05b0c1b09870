import * as ec2 from '@pulumi/aws/ec2';
import * as pulumi from '@pulumi/pulumi';
import { fieldsIf, listOf } from '../../util/optional';
import type { SshKey } from '../../provider/resources';
import { firstBoot } from '../first-boot';
import { DISK_GIB } from '../instance-disk';
import { makeMachines } from '../machine';
import { type Node, nodeAddress6 } from '../topology';
import type { Options } from './credentials';
import { once } from './replacement';
import { expiryTags, resourceTag } from './tags';
import type { AwsBuilt, AwsContext, AwsMachine } from './types';

/** Account of Canonical, the publisher of Ubuntu's images. */
const UBUNTU_OWNER = '099720109477';

type EarlierParts = Pick<AwsBuilt, 'network' | 'firewall' | 'loadBalancer'>;

interface InstanceArgs extends AwsContext, EarlierParts {
  node: Node;
  hostKey: SshKey;
  keyPair: ec2.KeyPair;
  ami: pulumi.Output<string>;
}

/** Returns the id of the newest Ubuntu 24.04 image for a machine type. */
function ubuntuFor(instanceType: string, options: Options): pulumi.Output<string> {
  const { supportedArchitectures } = ec2.getInstanceTypeOutput({ instanceType }, options);
  const architecture = supportedArchitectures.apply((all) =>
    all.includes('arm64') ? 'arm64' : 'x86_64',
  );
  const image = ec2.getAmiOutput(
    {
      owners: [UBUNTU_OWNER],
      mostRecent: true,
      filters: [
        { name: 'name', values: ['ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-*-server-*'] },
        { name: 'architecture', values: [architecture] },
      ],
    },
    options,
  );
  return image.id;
}

/** Returns the subnet of a node. */
const subnetOf = (network: AwsBuilt['network'], node: Node): ec2.Subnet =>
  network.subnets.find(({ plan }) => plan.name === node.subnet.name)!.subnet;

/** Returns the IPv6 address of a node, in the /64 of its subnet; `undefined` in an IPv4 lab. */
const addressOf6 = (
  { topology, network }: Pick<InstanceArgs, 'topology' | 'network'>,
  node: Node,
): pulumi.Output<string> | undefined =>
  topology.ipv6 && subnetOf(network, node).ipv6CidrBlock.apply((cidr) => nodeAddress6(cidr!, node));

/** Creates the instance that becomes `node`. */
function makeInstance(args: InstanceArgs): ec2.Instance {
  const { lab, config, tags, options, network, firewall, node, hostKey, keyPair, ami } = args;
  const hasEip = config.profile === 'small' && node.isPublic;
  const name = `${lab}-${node.name}`;
  const address6 = addressOf6(args, node);
  return new ec2.Instance(
    node.name,
    {
      ami,
      instanceType: node.role === 'controller' ? config.controllerType : config.workerType,
      subnetId: subnetOf(network, node).id,
      privateIp: node.privateIp,
      ...fieldsIf(address6, { ipv6Addresses: listOf(address6) }),
      // Unset with an Elastic IP: AWS then reports `true`, and an explicit `false` would force a replacement.
      associatePublicIpAddress: hasEip ? undefined : node.isPublic,
      sourceDestCheck: !node.canIpForward,
      vpcSecurityGroupIds: firewall.groupsOf(node).map((group) => group.id),
      keyName: keyPair.keyName,
      userData: firstBoot(node.name, hostKey),
      userDataReplaceOnChange: true,
      // User data holds the host key. With one hop, the answer cannot reach a pod on the bridge.
      metadataOptions: {
        httpEndpoint: 'enabled',
        httpTokens: 'required',
        httpPutResponseHopLimit: 1,
      },
      // AWS puts the provider's default tags on the volume when it is created. Repeated here, they
      // would differ at each refresh, because the provider leaves default tags out of what it reads.
      rootBlockDevice: {
        volumeType: 'gp3',
        volumeSize: DISK_GIB,
        encrypted: true,
        deleteOnTermination: true,
        tags: { Name: name, ...resourceTag(node.name) },
      },
      tags: { Name: name, ...resourceTag(node.name), ...expiryTags(tags) },
    },
    once({
      ...options,
      // A node keeps its image when a newer one is published.
      ignoreChanges: ['ami'],
      // AWS refuses to detach the gateway while an instance has a public address.
      dependsOn: network.gateway,
    }),
  );
}

/** Creates the instances of all nodes, each with a host key that is known before its first boot. */
export function makeInstances(context: AwsContext, built: EarlierParts): AwsMachine[] {
  const { config, sshKey, options } = context;
  const { eip } = built.loadBalancer;
  const keyPair = new ec2.KeyPair(
    'ssh-key',
    { publicKey: sshKey.publicKey, tags: resourceTag('ssh-key') },
    options,
  );
  const images = new Map(
    [...new Set([config.controllerType, config.workerType])].map((type) => [
      type,
      ubuntuFor(type, options),
    ]),
  );
  return makeMachines(context, (node, hostKey) => {
    const ami = images.get(node.role === 'controller' ? config.controllerType : config.workerType)!;
    const instance = makeInstance({ ...context, ...built, node, hostKey, keyPair, ami });
    return {
      resource: instance,
      generation: instance.id,
      publicIp: config.profile === 'small' ? eip.publicIp : instance.publicIp,
      assignedIp6: addressOf6({ ...context, ...built }, node),
    };
  });
}
