import type * as pulumi from '@pulumi/pulumi';
import type { Node } from './topology';

/** How @pulumi/command reaches a machine: as ubuntu, with the lab's key, its host key pinned. */
export interface Connection {
  host: pulumi.Input<string>;
  user: string;
  privateKey: pulumi.Input<string>;
  hostKey: pulumi.Input<string>;
}

/** What a cloud makes of a node of the topology; all that bootstrap knows of it. */
export interface Machine extends Node {
  publicIp: pulumi.Output<string>;
  connection: Connection;
  /** Changes exactly when the machine is another one: what was installed on it must be installed again. */
  generation: pulumi.Output<string>;
  /** For dependencies, and for deletedWith: a dead machine must not block destroy. */
  resource: pulumi.Resource;
}
