import * as pulumi from '@pulumi/pulumi';
import { Instance, type Network, SshKey } from '../../provider/resources';
import { addressAt, parseCidr } from '../../util/cidr';
import type { Machine } from '../machine';
import type { Topology } from '../topology';
import { toolchainPaths } from '../../toolchain/paths';

/** The machines: six nodes of the article, each with its public address and a host key that is pinned from the start. */
export function makeInstances(
  lab: string,
  topology: Topology,
  network: Network,
  sshKey: SshKey,
  parent: pulumi.Resource,
): Machine[] {
  const { tree, store } = toolchainPaths();
  const nodeNetwork = parseCidr(topology.nodeCidr);
  return topology.nodes.map((node) => {
    const hostKey = new SshKey(`${node.name}-host-key`, { comment: node.name }, { parent });
    // The same host number in the public network: worker-0 is .20 in both.
    const host = parseCidr(`${node.privateIp}/32`).first - nodeNetwork.first;
    const publicIp = network.publicCidr.apply((cidr) => addressAt(cidr, host));
    const instance = new Instance(
      node.name,
      {
        lab,
        network: network.generation,
        name: node.name,
        privateIp: node.privateIp,
        publicIp,
        gateway: topology.gateway,
        prefixLength: nodeNetwork.prefix,
        mtu: topology.mtu,
        canIpForward: node.canIpForward,
        hostPublicKey: hostKey.publicKey,
        hostPrivateKey: hostKey.privateKey,
        authorizedKey: sshKey.publicKey,
        tree,
        store,
      },
      // Its name and address are fixed: there can't be two.
      { parent, dependsOn: network, deleteBeforeReplace: true },
    );
    return {
      ...node,
      publicIp: instance.publicIp,
      connection: {
        host: instance.publicIp,
        user: 'ubuntu',
        privateKey: sshKey.privateKey,
        hostKey: hostKey.publicKey,
      },
      generation: instance.generation,
      resource: instance,
    };
  });
}
