import { getImage } from '@pulumi/gcp/compute/getImage';
import { Instance } from '@pulumi/gcp/compute/instance';
import * as pulumi from '@pulumi/pulumi';
import { fieldsIf } from '../../util/optional';
import type { SshKey } from '../../provider/resources';
import { firstBoot } from '../first-boot';
import { DISK_GIB } from '../instance-disk';
import { makeMachines } from '../machine';
import { type MachineSeries, seriesOf } from '../config';
import { DOMAIN, type Node } from '../topology';
import { networkTags } from './firewall';
import { googleFirstBoot } from './first-boot';
import { labels, type Options } from './credentials';
import type { GcpBuilt, GcpContext, GcpMachine } from './types';

/** Only for amd64: it is unknown whether Secure Boot works with every Arm series. */
const SHIELDED = {
  enableSecureBoot: true,
  enableVtpm: true,
  enableIntegrityMonitoring: true,
};

/** Image family of Ubuntu 24.04 for an architecture, in project `ubuntu-os-cloud`. */
const family = (architecture: MachineSeries['architecture']): string =>
  `ubuntu-2404-lts-${architecture}`;

type Images = (architecture: MachineSeries['architecture']) => pulumi.Output<string>;

/**
 * Returns a function that looks up the newest image of an architecture, once for each architecture.
 * Only new machines use the image: existing machines keep theirs.
 */
function newestImages({ provider }: Options): Images {
  const known = new Map<string, pulumi.Output<string>>();
  return (architecture) => {
    const asked = { family: family(architecture), project: 'ubuntu-os-cloud' };
    const image =
      known.get(architecture) ??
      pulumi.output(getImage(asked, { provider }).catch(refusal(asked.family))).selfLink;
    known.set(architecture, image);
    return image;
  };
}

const refusal =
  (asked: string) =>
  ({ message }: Error): never => {
    throw new pulumi.RunError(
      `Google Cloud did not say which image of ${asked} is the newest: ${message}`,
    );
  };

interface InstanceArgs extends GcpContext, Pick<GcpBuilt, 'network'> {
  node: Node;
  hostKey: SshKey;
  images: Images;
  /** Public address; `undefined` if the node has none, or if Google chooses one. */
  natIp: pulumi.Input<string> | undefined;
}

/** Creates the instance that becomes `node`. */
function makeInstance(args: InstanceArgs): Instance {
  const { lab, config, topology, sshKey, tags, options, node, hostKey, images, network, natIp } =
    args;
  const machineType = node.role === 'controller' ? config.controllerType : config.workerType;
  const { architecture, bootDisk: type } = seriesOf(machineType)!;
  return new Instance(
    node.name,
    {
      name: `${lab}-${node.name}`,
      // Node names are unique in a lab only, and instance names must be unique in the project.
      hostname: `${node.name}.${DOMAIN}`,
      description: `${node.name} of lab ${lab}`,
      zone: config.zone,
      machineType,
      canIpForward: node.canIpForward,
      tags: networkTags(lab, node),
      networkInterfaces: [
        {
          subnetwork: network.subnets[node.subnet.name].id,
          networkIp: node.privateIp,
          ...fieldsIf(topology.ipv6, { stackType: 'IPV4_IPV6' }),
          accessConfigs: node.isPublic ? [{ natIp }] : [],
        },
      ],
      bootDisk: {
        initializeParams: {
          image: images(architecture),
          size: DISK_GIB,
          type,
          labels: labels(tags),
        },
      },
      // Without a service account, no process on a node can call Google Cloud's API.
      shieldedInstanceConfig: architecture === 'amd64' ? SHIELDED : undefined,
      metadata: {
        // Only the lab's key logs in: neither the project's keys nor its roles do.
        'enable-oslogin': 'FALSE',
        'block-project-ssh-keys': 'TRUE',
        'serial-port-enable': 'FALSE',
        'ssh-keys': pulumi.interpolate`ubuntu:${sshKey.publicKey}`,
        'user-data': firstBoot(node.name, hostKey, googleFirstBoot(topology.ipv6 !== undefined)),
      },
      allowStoppingForUpdate: true,
    },
    {
      ...options,
      // Properties of a disk that count only when it is created must not replace the instance.
      ignoreChanges: ['bootDisk.initializeParams.image', 'bootDisk.initializeParams.labels'],
      // There is only one first boot.
      replaceOnChanges: ['metadata["user-data"]'],
    },
  );
}

/** Creates the instances of all nodes, each with a host key that is known before its first boot. */
export function makeInstances(
  context: GcpContext,
  { network, loadBalancer }: Pick<GcpBuilt, 'network' | 'loadBalancer'>,
): GcpMachine[] {
  const images = newestImages(context.options);
  // In profile small the API's address is the one controller's own.
  const natIp = context.config.profile === 'small' ? loadBalancer.address : undefined;
  return makeMachines(context, (node, hostKey) => {
    const instance = makeInstance({ ...context, network, node, hostKey, images, natIp });
    return {
      resource: instance,
      generation: instance.instanceId,
      publicIp: natIp ?? addressOf(instance),
      ...fieldsIf(context.topology.ipv6, { assignedIp6: addressOf6(instance) }),
    };
  });
}

/** Public address that Google chose for an instance; empty if it has none. */
const addressOf = (instance: Instance): pulumi.Output<string> =>
  instance.networkInterfaces.apply(([first]) => first.accessConfigs?.[0]?.natIp ?? '');

/** Internal IPv6 address that Google chose for an instance: the first of a /96. */
const addressOf6 = (instance: Instance): pulumi.Output<string> =>
  instance.networkInterfaces.apply(([first]) => first.ipv6Address);
