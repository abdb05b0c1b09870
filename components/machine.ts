import * as pulumi from '@pulumi/pulumi';
import { SshKey } from '../provider/resources';
import type { Node, Topology } from './topology';

/** Connection of @pulumi/command to a machine. */
export interface Connection {
  /** Address to connect to: the public one, or the private one if `proxy` is set. */
  host: pulumi.Input<string>;
  /** Always `ubuntu`. */
  user: string;
  /** Secret: the lab's private key, in OpenSSH format. */
  privateKey: pulumi.Input<string>;
  /** Public host key that the machine must present, for example `ssh-ed25519 AAAA…`. */
  hostKey: pulumi.Input<string>;
  /** Jump host: the gateway node. Unset if the machine has a public address. */
  proxy?: Omit<Connection, 'proxy'>;
}

/** A node of the topology that a cloud has created: all that bootstrap knows of the cloud. */
export interface Machine extends Node {
  /** For example `203.0.113.20`; empty if the machine has no public address. */
  publicIp: pulumi.Output<string>;
  connection: Connection;
  /** IPv6 address that a cloud's VPC has assigned; unset on local labs. */
  assignedIp6?: pulumi.Output<string>;
  /** Id of the machine: a new value means a new machine, which bootstrap installs from the start. */
  generation: pulumi.Output<string>;
  /** Gateway node of a machine without a public address: its jump host and its way out. */
  through?: Machine;
  /** For `dependsOn`, and for `deletedWith`: a dead machine must not block destroy. */
  resource: pulumi.Resource;
}

/** An instance of a cloud, before it is known how users log in to it. */
interface CreatedInstance<R extends pulumi.Resource> {
  resource: R;
  /** See `Machine.generation`. */
  generation: pulumi.Output<string>;
  /** Public address; not read if the node is private. */
  publicIp: pulumi.Output<string>;
  /** See `Machine.assignedIp6`. */
  assignedIp6?: pulumi.Output<string>;
}

/**
 * Creates all machines of a lab, each with a host key that is known before its first boot.
 * `create` creates the instance of one node.
 */
export function makeMachines<R extends pulumi.Resource>(
  { topology, sshKey, parent }: { topology: Topology; sshKey: SshKey; parent: pulumi.Resource },
  create: (node: Node, hostKey: SshKey) => CreatedInstance<R>,
): (Machine & { resource: R })[] {
  const machines: (Machine & { resource: R })[] = [];
  // The gateway is a controller, and controllers come first: private nodes find it in the list.
  for (const node of topology.nodes) {
    const hostKey = new SshKey(`${node.name}-host-key`, { comment: node.name }, { parent });
    const { publicIp, ...instance } = create(node, hostKey);
    const login = { user: 'ubuntu', privateKey: sshKey.privateKey, hostKey: hostKey.publicKey };
    if (node.isPublic) {
      machines.push({
        ...node,
        ...instance,
        publicIp,
        connection: { ...login, host: publicIp },
      });
      continue;
    }
    const through = machines.find((machine) => machine.isGateway)!;
    machines.push({
      ...node,
      ...instance,
      publicIp: pulumi.output(''),
      connection: { ...login, host: node.privateIp, proxy: through.connection },
      through,
    });
  }
  return machines;
}
