import { getImage } from '@pulumi/gcp/compute/getImage';
import { Instance } from '@pulumi/gcp/compute/instance';
import * as pulumi from '@pulumi/pulumi';
import { SshKey } from '../../provider/resources';
import type { CloudArgs } from '../cloud';
import { firstBoot } from '../first-boot';
import { DISK_GIB, type Machine } from '../machine';
import { DOMAIN, type Node } from '../topology';
import { networkTags } from './firewall';
import { GOOGLE_FIRST_BOOT } from './first-boot';
import type { Vpc } from './network';
import { labels, type Options } from './credentials';

export interface GcpMachine extends Machine {
  resource: Instance;
}

const IMAGE = { family: 'ubuntu-2404-lts-amd64', project: 'ubuntu-os-cloud' };

/** The family's newest image. Only machines that are made take it: the others keep the one that they have. */
function newestImage({ provider }: Options): pulumi.Output<string> {
  const found = getImage(IMAGE, { provider }).catch((error: Error) => {
    throw new pulumi.RunError(
      `Google Cloud did not tell which image of ${IMAGE.family} is the newest: ${error.message}`,
    );
  });
  return pulumi.output(found).selfLink;
}

/** The machine itself. `natIp` is its public address: none where it has none, and left to Google where it is not said which. */
function makeInstance(
  { lab, config, sshKey, tags }: CloudArgs,
  node: Node,
  hostKey: SshKey,
  image: pulumi.Output<string>,
  vpc: Vpc,
  natIp: pulumi.Input<string> | undefined,
  options: Options,
): Instance {
  return new Instance(
    node.name,
    {
      name: `${lab}-${node.name}`,
      // What the machine calls itself: in a project names are unique, in a lab they are the article's.
      hostname: `${node.name}.${DOMAIN}`,
      description: `${node.name} of lab ${lab}`,
      zone: config.zone,
      machineType: node.role === 'controller' ? config.controllerType : config.workerType,
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
        initializeParams: { image, size: DISK_GIB, type: 'pd-balanced', labels: labels(tags) },
      },
      // No service account: nothing on a node can ask anything of Google Cloud.
      shieldedInstanceConfig: {
        enableSecureBoot: true,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
      },
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
      // Its name and address are fixed: there can't be two.
      deleteBeforeReplace: true,
      // What can be said of a disk only when it is made is no reason to make the machine anew.
      ignoreChanges: ['bootDisk.initializeParams.image', 'bootDisk.initializeParams.labels'],
      // There is but one first boot.
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
  const image = newestImage(options);
  const machines: GcpMachine[] = [];
  // In order: the gateway is a controller, and so it is there before those that need it.
  for (const node of topology.nodes) {
    const hostKey = new SshKey(`${node.name}-host-key`, { comment: node.name }, { parent });
    const instance = makeInstance(args, node, hostKey, image, vpc, onlyAddress, options);
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
