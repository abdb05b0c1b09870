import { Instance } from '../../provider/resources';
import { toolchainPaths } from '../../toolchain';
import { addressAt, parseCidr } from '../../util/cidr';
import { type Machine, makeMachines } from '../machine';
import type { LocalBuilt, LocalContext } from './types';

/** Creates the instances of all nodes, each with a host key that is known before its first boot. */
export function makeInstances(
  context: LocalContext,
  { network: { vpc } }: Pick<LocalBuilt, 'network'>,
): Machine[] {
  const { lab, topology, sshKey, options } = context;
  const { tree, store } = toolchainPaths();
  const nodeNetwork = parseCidr(topology.nodeCidr);
  return makeMachines(context, (node, hostKey) => {
    // A node has the same host number in both networks: worker-0 is .20 in the public one, too.
    const host = parseCidr(`${node.privateIp}/32`).first - nodeNetwork.first;
    const instance = new Instance(
      node.name,
      {
        lab,
        network: vpc.generation,
        name: node.name,
        privateIp: node.privateIp,
        publicIp: vpc.publicCidr.apply((cidr) => addressAt(cidr, host)),
        gateway: topology.gateway,
        privateIp6: node.privateIp6,
        gateway6: topology.ipv6?.gateway,
        prefixLength: nodeNetwork.prefix,
        mtu: topology.mtu,
        canIpForward: node.canIpForward,
        hostPublicKey: hostKey.publicKey,
        hostPrivateKey: hostKey.privateKey,
        authorizedKey: sshKey.publicKey,
        tree,
        store,
      },
      // Name and address are fixed, so the old instance is deleted before the new one is created.
      { ...options, dependsOn: vpc, deleteBeforeReplace: true },
    );
    return {
      resource: instance,
      generation: instance.generation,
      publicIp: instance.publicIp,
    };
  });
}
