import type { CloudArgs, CloudResult } from '../cloud';
import { makeFirewall } from './firewall';
import { makeImageMirror } from './image-mirror';
import { makeInstances } from './instances';
import { makeJumpHost } from './jump-host';
import { makeLoadBalancer } from './load-balancer';
import { makeNetwork } from './network';
import { makeRoutes } from './routes';

/** The cloud on this machine: the same parts as the others', by the same file names. */
export function makeLocal({ lab, config, topology, sshKey, tags, parent }: CloudArgs): CloudResult {
  const network = makeNetwork(lab, config, topology, tags.expires, parent);
  const rules = makeFirewall(lab, topology, network, parent);
  const machines = makeInstances(lab, topology, network, sshKey, parent);
  makeRoutes(lab, topology, network, parent);
  const balancer = makeLoadBalancer(lab, config, topology, network, parent);
  const imageMirror = makeImageMirror(lab, topology, network, parent);
  const jump = makeJumpHost(lab, config, topology, { network, balancer, sshKey }, parent);
  return {
    machines,
    apiAddress: balancer.publicIp,
    reachable: rules,
    imageMirror,
    router: network.router,
    jump,
    disposable: true,
  };
}
