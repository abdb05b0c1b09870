import type { LabConfig } from '../config';
import { describingErrors } from '../cloud-client';
import { all, computeApi, gcpError } from './compute-api';
import { projectOf } from './credentials';

/** A route of a VPC. */
export interface GcpRoute {
  destination: string;
  /** Name of the next hop: an instance, a gateway or a network. */
  target: string;
}

const described = describingErrors(gcpError);

const last = (url: string): string => url.split('/').pop()!;

/** Reads the routes of a lab's VPC. */
export const readRoutes = (lab: string, config: LabConfig): Promise<GcpRoute[]> =>
  described(async () => {
    const api = computeApi();
    const project = projectOf(config);
    const { data: network } = await api.networks.get({ project, network: lab });
    // Filters by the whole URL: a filter by name would also match lab gcp-x for lab gcp.
    const filter = `network = "${network.selfLink}"`;
    const routes = await all((pageToken) => api.routes.list({ project, filter, pageToken }));
    return routes
      .filter((route) => route.network === network.selfLink)
      .map(({ destRange, nextHopInstance, nextHopGateway, nextHopNetwork }) => ({
        destination: destRange ?? '',
        target: last(nextHopInstance ?? nextHopGateway ?? nextHopNetwork ?? 'nothing'),
      }));
  });
