import type * as pulumi from '@pulumi/pulumi';
import type { Node } from './topology';

/** GiB of a cloud machine's disk: Ubuntu, Kubernetes and the article's images leave half of it free. */
export const DISK_GIB = 20;

/** How @pulumi/command reaches a machine: as ubuntu, with the lab's key, its host key pinned. */
export interface Connection {
  host: pulumi.Input<string>;
  user: string;
  privateKey: pulumi.Input<string>;
  hostKey: pulumi.Input<string>;
  /** The machine that it is reached through; none where it has a public address. */
  proxy?: Omit<Connection, 'proxy'>;
}

/** What a cloud makes of a node of the topology; all that bootstrap knows of it. */
export interface Machine extends Node {
  /** Empty where it has none. */
  publicIp: pulumi.Output<string>;
  connection: Connection;
  /** Changes exactly when the machine is another one: what was installed on it must be installed again. */
  generation: pulumi.Output<string>;
  /** Where it has no public address: the machine by which it is reached, and by which it reaches the world. */
  through?: Machine;
  /** For dependencies, and for deletedWith: a dead machine must not block destroy. */
  resource: pulumi.Resource;
}
