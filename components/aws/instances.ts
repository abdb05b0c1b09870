import * as ec2 from '@pulumi/aws/ec2';
import * as pulumi from '@pulumi/pulumi';
import { SshKey } from '../../provider/resources';
import type { Tags } from '../cloud';
import type { LabConfig } from '../config';
import { firstBoot } from '../first-boot';
import { DISK_GIB, type Machine } from '../machine';
import type { Node, Topology } from '../topology';
import type { Firewall } from './firewall';
import type { Network } from './network';
import type { Options } from './credentials';
import { once } from './replacement';
import { expiryTags, resourceTag } from './tags';

/** Canonical, who publishes Ubuntu's images. */
const UBUNTU_OWNER = '099720109477';

export interface AwsMachine extends Machine {
  resource: ec2.Instance;
}

interface InstancesArgs {
  lab: string;
  config: LabConfig;
  topology: Topology;
  network: Network;
  firewall: Firewall;
  sshKey: SshKey;
  tags: Tags;
  /** In profile small, the one public address: the first controller's. */
  onlyAddress?: ec2.Eip;
}

/** The newest Ubuntu 24.04 for a machine type. */
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

function makeInstance(
  node: Node,
  hostKey: SshKey,
  keyPair: ec2.KeyPair,
  ami: pulumi.Output<string>,
  args: InstancesArgs,
  options: Options,
): ec2.Instance {
  const { lab, config, network, firewall, tags, onlyAddress } = args;
  const name = `${lab}-${node.name}`;
  return new ec2.Instance(
    node.name,
    {
      ami,
      instanceType: node.role === 'controller' ? config.controllerType : config.workerType,
      subnetId: network.subnets.find(({ plan }) => plan.name === node.subnet.name)!.subnet.id,
      privateIp: node.privateIp,
      // Unset with an Elastic IP: AWS then reports `true`, and an explicit `false` would force a replacement.
      associatePublicIpAddress: node.isPublic && onlyAddress ? undefined : node.isPublic,
      sourceDestCheck: !node.canIpForward,
      vpcSecurityGroupIds: firewall.groupsOf(node).map((group) => group.id),
      keyName: keyPair.keyName,
      userData: firstBoot(node.name, hostKey),
      userDataReplaceOnChange: true,
      // The user data holds the host key. One hop: its answer never gets as far as a pod on the bridge.
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

/** The machines: six nodes of the article, each with its public address and a host key that is pinned from the start. */
export function makeInstances(args: InstancesArgs, options: Options): AwsMachine[] {
  const { topology, config, sshKey, onlyAddress } = args;
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
  const machines: AwsMachine[] = [];
  // In order: the gateway is a controller, and so it is there before those that need it.
  for (const node of topology.nodes) {
    const hostKey = new SshKey(
      `${node.name}-host-key`,
      { comment: node.name },
      { parent: options.parent },
    );
    const ami = images.get(node.role === 'controller' ? config.controllerType : config.workerType)!;
    const instance = makeInstance(node, hostKey, keyPair, ami, args, options);
    const login = { user: 'ubuntu', privateKey: sshKey.privateKey, hostKey: hostKey.publicKey };
    const own = { ...node, generation: instance.id, resource: instance };
    if (node.isPublic) {
      const publicIp = onlyAddress?.publicIp ?? instance.publicIp;
      machines.push({ ...own, publicIp, connection: { ...login, host: publicIp } });
    } else {
      const through = machines.find((machine) => machine.isGateway)!;
      machines.push({
        ...own,
        publicIp: pulumi.output(''),
        connection: { ...login, host: node.privateIp, proxy: through.connection },
        through,
      });
    }
  }
  return machines;
}
