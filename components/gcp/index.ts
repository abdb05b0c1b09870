import { officialDownloads } from '../bootstrap';
import { type Cloud, CloudError } from '../cloud';
import { makeProvider, projectOf, requireCredentials } from './credentials';
import { makeFirewall } from './firewall';
import { METADATA_SERVER, METADATA_WALL, METADATA_WALL6 } from './first-boot';
import { makeInstances } from './instances';
import { makeApiTargets, makeLoadBalancer } from './load-balancer';
import { makeNetwork } from './network';
import { labNameMistake } from '../../util/lab-name';
import { makeRoutes } from './routes';
import { makeServiceBalancers } from './service-balancers';
import type { Gcp } from './types';

/** Refuses names that no lab can have, and names that begin with a digit: Google's names begin with a letter. */
function checkName(lab: string): void {
  const mistake = labNameMistake(lab);
  if (mistake) throw new CloudError(mistake);
  if (/^[0-9]/.test(lab))
    throw new CloudError(
      `"${lab}" can't name a lab on Google Cloud, where names begin with a letter: take one such as gcp-s01.`,
    );
}

/**
 * Google Cloud. A part of `Cloud` is in a file of the same name on each cloud that has the part.
 */
export const gcp: Cloud<Gcp> = {
  requireCredentials: (config) => {
    requireCredentials();
    projectOf(config);
  },
  options: ({ lab, config, tags, parent }) => {
    checkName(lab);
    return { parent, provider: makeProvider(config, tags, parent), deleteBeforeReplace: true };
  },
  network: makeNetwork,
  firewall: makeFirewall,
  loadBalancer: makeLoadBalancer,
  instances: makeInstances,
  routes: makeRoutes,
  apiTargets: makeApiTargets,
  serviceBalancers: makeServiceBalancers,
  extras: ({ config, topology }) => ({
    downloads: officialDownloads(config.mirror),
    upstreamResolvers: [METADATA_SERVER],
    metadataWall: METADATA_WALL.join(' '),
    metadataWall6: topology.ipv6 && METADATA_WALL6.join(' '),
  }),
};
