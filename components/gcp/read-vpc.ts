import type { compute_v1 } from '@googleapis/compute';
import type { LabConfig } from '../config';
import { describingErrors } from '../cloud-client';
import { all, computeApi, everywhere, gcpError } from './compute-api';
import { projectOf } from './credentials';

/** Network of a lab, as the API of Google Cloud reports it. */
export interface GcpVpc {
  routes: compute_v1.Schema$Route[];
  firewalls: compute_v1.Schema$Firewall[];
  /** Instances with an interface in the network. */
  instances: compute_v1.Schema$Instance[];
}

const described = describingErrors(gcpError);

/** Reads routes, firewall rules and instances of a lab's VPC. */
export const readVpc = (lab: string, config: LabConfig): Promise<GcpVpc> =>
  described(async () => {
    const api = computeApi();
    const project = projectOf(config);
    const { data: network } = await api.networks.get({ project, network: lab });
    const { selfLink } = network;
    // Filters by the whole URL: a filter by name would also match lab gcp-x for lab gcp.
    const filter = `network = "${selfLink}"`;
    const [routes, firewalls, instances] = await Promise.all([
      all<compute_v1.Schema$Route>((pageToken) => api.routes.list({ project, filter, pageToken })),
      all<compute_v1.Schema$Firewall>((pageToken) =>
        api.firewalls.list({ project, filter, pageToken }),
      ),
      everywhere(
        (pageToken) => api.instances.aggregatedList({ project, pageToken }),
        (scope: compute_v1.Schema$InstancesScopedList) => scope.instances,
      ),
    ]);
    return {
      routes: routes.filter((one) => one.network === selfLink),
      firewalls: firewalls.filter((one) => one.network === selfLink),
      instances: instances.filter(({ networkInterfaces = [] }) =>
        networkInterfaces.some((one) => one.network === selfLink),
      ),
    };
  });
