import type { CloudArgs, CloudResult } from '../cloud';
import { officialDownloads } from '../bootstrap/downloads';
import { makeFirewall } from './firewall';
import { makeInstances } from './instances';
import { giveAddress, makeApiAddress, makeLoadBalancer } from './load-balancer';
import { makeNetwork } from './network';
import { makeProvider, type Options } from './credentials';
import { makeRoutes } from './routes';

export { requireCredentials } from './credentials';

/** Amazon's own DNS server, at the same address in every VPC. */
const RESOLVER = '169.254.169.253';

/** AWS: the same parts as the other clouds', by the same file names. */
export function makeAws({ lab, config, topology, sshKey, tags, parent }: CloudArgs): CloudResult {
  const options: Options = { parent, provider: makeProvider(config.region, tags, parent) };
  const network = makeNetwork(lab, config, topology, options);
  const firewall = makeFirewall(topology, network, options);
  const address = makeApiAddress(lab, network, options);
  const onlyAddress = config.profile === 'small' ? address : undefined;
  const machines = makeInstances(
    { lab, config, topology, network, firewall, sshKey, onlyAddress },
    options,
  );
  const routes = makeRoutes(topology, network, machines, options);
  const reachable = [...network.reachable, ...firewall.rules, ...routes];
  if (onlyAddress) reachable.push(giveAddress(onlyAddress, machines[0], options));
  else makeLoadBalancer(lab, topology, network, address, machines, options);
  return {
    machines,
    apiAddress: address.publicIp,
    reachable,
    downloads: officialDownloads(config.mirror),
    upstreamResolvers: [RESOLVER],
  };
}
