import { officialDownloads } from '../bootstrap';
import type { Cloud } from '../cloud';
import { makeProvider, requireCredentials } from './credentials';
import { makeFirewall } from './firewall';
import { makeInstances } from './instances';
import { makeApiTargets, makeLoadBalancer } from './load-balancer';
import { makeNetwork } from './network';
import { makeRoutes } from './routes';
import { makeServiceBalancers } from './service-balancers';
import type { Aws } from './types';

export { chooseZone, type Offering } from './choose-zone';

/** DNS server of Amazon, at the same address in every VPC. */
const RESOLVER = '169.254.169.253';

/**
 * Amazon Web Services. A part of `Cloud` is in a file of the same name on each cloud that has the part.
 */
export const aws: Cloud<Aws> = {
  requireCredentials: () => requireCredentials(),
  options: ({ config, tags, parent }) => ({
    parent,
    provider: makeProvider(config.region, tags, parent),
  }),
  network: makeNetwork,
  firewall: makeFirewall,
  loadBalancer: makeLoadBalancer,
  instances: makeInstances,
  routes: makeRoutes,
  apiTargets: makeApiTargets,
  serviceBalancers: makeServiceBalancers,
  extras: ({ config }) => ({
    downloads: officialDownloads(config.mirror),
    upstreamResolvers: [RESOLVER],
  }),
};
