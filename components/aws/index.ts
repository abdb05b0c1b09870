import type { CloudArgs, CloudResult } from '../cloud';
import { officialDownloads } from '../bootstrap/downloads';
import { makeFirewall } from './firewall';
import { makeInstances } from './instances';
import {
  giveAddress,
  makeApiAddress,
  makeLoadBalancer,
  registerControllers,
} from './load-balancer';
import { makeNetwork } from './network';
import { makeProvider, type Options } from './credentials';
import { makeRoutes } from './routes';

export { requireCredentials } from './credentials';
export { chooseZone, type Offering } from './choose-zone';

/** Amazon's own DNS server, at the same address in every VPC. */
const RESOLVER = '169.254.169.253';

/** Makes a lab on AWS. The files of this folder have the names of the other clouds' files. */
export function makeAws({ lab, config, topology, sshKey, tags, parent }: CloudArgs): CloudResult {
  const options: Options = { parent, provider: makeProvider(config.region, tags, parent) };
  const network = makeNetwork({ lab, config, topology, tags }, options);
  const firewall = makeFirewall(topology, network, options);
  const address = makeApiAddress(lab, network, options);
  const onlyAddress = config.profile === 'small' ? address : undefined;
  // Registered before the instances: the balancer takes longest.
  const balancing =
    config.profile === 'full'
      ? makeLoadBalancer({ lab, topology, network, address }, options)
      : undefined;
  const machines = makeInstances(
    { lab, config, topology, network, firewall, sshKey, tags, onlyAddress },
    options,
  );
  const routes = makeRoutes(topology, network, machines, options);
  const reachable = [...network.reachable, ...firewall.rules, ...routes];
  if (onlyAddress) reachable.push(giveAddress(onlyAddress, machines[0], options));
  const balancer = balancing
    ? [
        balancing.listener,
        ...registerControllers(balancing.targets, { topology, machines }, options),
      ]
    : [];
  return {
    machines,
    apiAddress: address.publicIp,
    reachable,
    balancer,
    downloads: officialDownloads(config.mirror),
    upstreamResolvers: [RESOLVER],
  };
}
