import * as pulumi from '@pulumi/pulumi';
import { JumpHost, type LoadBalancer, type Network, SshKey } from '../../provider/resources';
import type { LabConfig } from '../config';
import type { JumpLogin } from '../outputs';
import type { Topology } from '../topology';
import { toolchainPaths } from '../../toolchain/paths';

/** What it is a way into, and whose key opens it. */
interface Behind {
  network: Network;
  balancer: LoadBalancer;
  sshKey: SshKey;
}

/** How students log in from their own laptops, where some may; by the lab's one key. */
export function makeJumpHost(
  lab: string,
  config: LabConfig,
  topology: Topology,
  { network, balancer, sshKey }: Behind,
  parent: pulumi.Resource,
): pulumi.Output<JumpLogin> | undefined {
  if (config.jumpCidrs.length === 0) return undefined;
  const hostKey = new SshKey('jump-host-key', { comment: 'jump' }, { parent });
  const { user, port } = new JumpHost(
    'jump-host',
    {
      lab,
      network: network.generation,
      publicPool: config.publicPool,
      publicCidr: network.publicCidr,
      hostIp: network.hostIp,
      nodes: topology.nodes.map(({ name, privateIp }) => ({ name, privateIp })),
      api: { address: balancer.publicIp, port: balancer.port },
      sources: config.jumpCidrs,
      hostPublicKey: hostKey.publicKey,
      hostPrivateKey: hostKey.privateKey,
      authorizedKey: sshKey.publicKey,
      tree: toolchainPaths().tree,
    },
    { parent, dependsOn: network },
  );
  return pulumi.output({ user, port, hostKey: hostKey.publicKey });
}
