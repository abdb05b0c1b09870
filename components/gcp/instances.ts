import { getImage } from '@pulumi/gcp/compute/getImage';
import { Instance } from '@pulumi/gcp/compute/instance';
import * as pulumi from '@pulumi/pulumi';
import { SshKey } from '../../provider/resources';
import type { CloudArgs } from '../cloud';
import { firstBoot } from '../first-boot';
import { DISK_GIB, type Machine } from '../machine';
import { type MachineSeries, seriesOf } from '../config';
import { DOMAIN, type Node } from '../topology';
import { networkTags } from './firewall';
import { GOOGLE_FIRST_BOOT } from './first-boot';
import type { Vpc } from './network';
import { labels, type Options } from './credentials';

/** Not on Arm: it was not found out whether Secure Boot works with every Arm series. */
const SHIELDED = {
  enableSecureBoot: true,
  enableVtpm: true,
  enableIntegrityMonitoring: true,
};

export interface GcpMachine extends Machine {
  resource: Instance;
}

/** Image family of Ubuntu 24.04 for an architecture, in project `ubuntu-os-cloud`. */
const family = (architecture: MachineSeries['architecture']): string =>
  `ubuntu-2404-lts-${architecture}`;

type Images = (architecture: MachineSeries['architecture']) => pulumi.Output<string>;

/**
 * Returns a function that finds the newest image of an architecture, and asks once for each. Only new machines take it:
 * existing ones keep their image.
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

interface InstanceArgs extends CloudArgs {
  node: Node;
  hostKey: SshKey;
  images: Images;
  vpc: Vpc;
  /** Public address; `undefined` if the node has none, or if Google chooses one. */
  natIp: pulumi.Input<string> | undefined;
}

/** Creates the instance that becomes `node`. */
function makeInstance(args: InstanceArgs, options: Options): Instance {
  const { lab, config, sshKey, tags, node, hostKey, images, vpc, natIp } = args;
  const machineType = node.role === 'controller' ? config.controllerType : config.workerType;
  const { architecture, bootDisk: type } = seriesOf(machineType)!;
  return new Instance(
    node.name,
    {
      name: `${lab}-${node.name}`,
      // The node's own name for itself: names are unique in a project, and the article's in a lab.
      hostname: `${node.name}.${DOMAIN}`,
      description: `${node.name} of lab ${lab}`,
      zone: config.zone,
      machineType,
      canIpForward: node.canIpForward,
      tags: networkTags(lab, node),
      networkInterfaces: [
        {
          subnetwork: vpc.subnetworks[node.subnet.name].id,
          networkIp: node.privateIp,
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
      // No service account: nothing on a node can ask anything of Google Cloud.
      shieldedInstanceConfig: architecture === 'amd64' ? SHIELDED : undefined,
      metadata: {
        // The lab's key alone decides who gets in, neither the project's keys nor its roles.
        'enable-oslogin': 'FALSE',
        'block-project-ssh-keys': 'TRUE',
        'serial-port-enable': 'FALSE',
        'ssh-keys': pulumi.interpolate`ubuntu:${sshKey.publicKey}`,
        'user-data': firstBoot(node.name, hostKey, GOOGLE_FIRST_BOOT),
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

/** The machines: six nodes of the article, each with a host key that is pinned from the start. `onlyAddress`: that of the one that has any. */
export function makeInstances(
  args: CloudArgs,
  vpc: Vpc,
  onlyAddress: pulumi.Output<string> | undefined,
  options: Options,
): GcpMachine[] {
  const { topology, sshKey, parent } = args;
  const images = newestImages(options);
  const machines: GcpMachine[] = [];
  // In order: the gateway is a controller, and so it is there before those that need it.
  for (const node of topology.nodes) {
    const hostKey = new SshKey(`${node.name}-host-key`, { comment: node.name }, { parent });
    const instance = makeInstance(
      { ...args, node, hostKey, images, vpc, natIp: onlyAddress },
      options,
    );
    const login = { user: 'ubuntu', privateKey: sshKey.privateKey, hostKey: hostKey.publicKey };
    const own = { ...node, generation: instance.instanceId, resource: instance };
    if (node.isPublic) {
      const publicIp =
        onlyAddress ?? instance.networkInterfaces.apply(([first]) => first.accessConfigs![0].natIp);
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
