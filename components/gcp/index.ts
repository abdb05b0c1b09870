import { type CloudArgs, CloudError, type CloudResult } from '../cloud';
import { officialDownloads } from '../bootstrap/downloads';
import { makeFirewall } from './firewall';
import { METADATA_SERVER, METADATA_WALL } from './first-boot';
import { makeInstances } from './instances';
import { makeApiAddress, makeLoadBalancer } from './load-balancer';
import { makeNetwork } from './network';
import { makeProvider, type Options } from './credentials';
import { makeRoutes, makeWayOut } from './routes';

export { projectOf, requireCredentials } from './credentials';

/** What everything in a project is called is 63 characters long at most; this many of them are ours. */
const LONGEST_SUFFIX = '-allow-health-checks'.length;

function checkName(lab: string): void {
  if (/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(lab) && lab.length <= 63 - LONGEST_SUFFIX) return;
  throw new CloudError(
    `A lab on Google Cloud can't be called "${lab}": everything in it is called after it, so lower-case letters, digits and hyphens, a letter first, at most ${63 - LONGEST_SUFFIX} characters.`,
  );
}

/** Google Cloud: the same parts as the other clouds', by the same file names. */
export function makeGcp(args: CloudArgs): CloudResult {
  const { lab, config, topology, tags, parent } = args;
  checkName(lab);
  const options: Options = {
    parent,
    provider: makeProvider(config, tags, parent),
    deleteBeforeReplace: true,
  };
  const small = config.profile === 'small';
  const vpc = makeNetwork(lab, topology, options);
  const rules = makeFirewall(lab, topology, vpc, options);
  const apiAddress = makeApiAddress(lab, options);
  const machines = makeInstances(args, vpc, small ? apiAddress : undefined, options);
  makeRoutes(lab, topology, vpc, machines, options);
  const wayOut = makeWayOut(lab, vpc, machines, options);
  const { zone } = config;
  const { apiPort } = topology;
  const balancer = small
    ? []
    : makeLoadBalancer({ lab, zone, apiPort, vpc, ipAddress: apiAddress, machines }, options);
  return {
    machines,
    apiAddress,
    // Not the pod routes: no login needs them, and the provider creates them one at a time.
    reachable: [...rules, ...wayOut],
    balancer,
    downloads: officialDownloads(config.mirror),
    upstreamResolvers: [METADATA_SERVER],
    metadataWall: METADATA_WALL.join(' '),
  };
}
