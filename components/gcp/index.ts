import { type CloudArgs, CloudError, type CloudResult } from '../cloud';
import { officialDownloads } from '../bootstrap/downloads';
import { makeFirewall } from './firewall';
import { METADATA_SERVER, METADATA_WALL } from './first-boot';
import { makeInstances } from './instances';
import { makeApiAddress, makeLoadBalancer } from './load-balancer';
import { makeNetwork } from './network';
import { labNameMistake } from '../../util/lab-name';
import { makeProvider, type Options } from './credentials';
import { makeRoutes, makeWayOut } from './routes';

export { projectOf, requireCredentials } from './credentials';

/** Refuses names that no lab can have, and names that begin with a digit: Google's names begin with a letter. */
function checkName(lab: string): void {
  const mistake = labNameMistake(lab);
  if (mistake) throw new CloudError(mistake);
  if (/^[0-9]/.test(lab))
    throw new CloudError(
      `"${lab}" can't name a lab on Google Cloud, where names begin with a letter: take one such as gcp-s01.`,
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
