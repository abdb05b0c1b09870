import * as pulumi from '@pulumi/pulumi';
import { JumpHost, SshKey } from '../../provider/resources';
import { toolchainPaths } from '../../toolchain';
import type { JumpLogin } from '../outputs';
import type { LocalBuilt, LocalContext } from './types';

/**
 * Creates the jump host by which students log in from their laptops, with the lab's own key.
 * Returns `undefined`, and creates nothing, if `jumpCidrs` is empty.
 */
export function makeJumpHost(
  { lab, config, topology, sshKey, options }: LocalContext,
  { network: { vpc }, loadBalancer: { balancer } }: Pick<LocalBuilt, 'network' | 'loadBalancer'>,
): pulumi.Output<JumpLogin> | undefined {
  if (config.jumpCidrs.length === 0) return undefined;
  const hostKey = new SshKey('jump-host-key', { comment: 'jump' }, options);
  const { user, port } = new JumpHost(
    'jump-host',
    {
      lab,
      network: vpc.generation,
      publicPool: config.publicPool,
      publicCidr: vpc.publicCidr,
      hostIp: vpc.hostIp,
      nodes: topology.nodes.map(({ name, privateIp }) => ({ name, privateIp })),
      api: { address: balancer.publicIp, port: balancer.port },
      sources: config.jumpCidrs,
      hostPublicKey: hostKey.publicKey,
      hostPrivateKey: hostKey.privateKey,
      authorizedKey: sshKey.publicKey,
      tree: toolchainPaths().tree,
    },
    { ...options, dependsOn: vpc },
  );
  return pulumi.output({ user, port, hostKey: hostKey.publicKey });
}
