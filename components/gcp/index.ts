import { officialDownloads } from '../bootstrap/downloads';
import { type Cloud, CloudError } from '../cloud';
import { makeProvider, projectOf, requireCredentials } from './credentials';
import { makeFirewall } from './firewall';
import { METADATA_SERVER, METADATA_WALL } from './first-boot';
import { makeInstances } from './instances';
import { makeApiTargets, makeLoadBalancer } from './load-balancer';
import { makeNetwork } from './network';
import { makeRoutes } from './routes';
import type { Gcp } from './types';

/** Longest suffix of a resource's name. Google Cloud limits a whole name to 63 characters. */
const LONGEST_SUFFIX = '-allow-health-checks'.length;

function checkName(lab: string): void {
  if (/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(lab) && lab.length <= 63 - LONGEST_SUFFIX) return;
  throw new CloudError(
    `A lab on Google Cloud can't be called "${lab}": everything in it is called after it, so lower-case letters, digits and hyphens, a letter first, at most ${63 - LONGEST_SUFFIX} characters.`,
  );
}

/** Google Cloud. The files of this folder have the same names as the other clouds' files. */
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
  extras: ({ config }) => ({
    downloads: officialDownloads(config.mirror),
    upstreamResolvers: [METADATA_SERVER],
    metadataWall: METADATA_WALL.join(' '),
  }),
};
