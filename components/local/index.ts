import type { Cloud } from '../cloud';
import { makeImageMirror } from './image-mirror';
import { makeFirewall } from './firewall';
import { makeInstances } from './instances';
import { makeJumpHost } from './jump-host';
import { makeApiTargets, makeLoadBalancer } from './load-balancer';
import { makeNetwork } from './network';
import { makeRoutes } from './routes';
import { makeServiceController } from './service-controller';
import type { Local } from './types';

/**
 * The cloud on the host. A part of `Cloud` is in a file of the same name on each cloud that has the part.
 */
export const local: Cloud<Local> = {
  requireCredentials: () => undefined,
  options: ({ parent }) => ({ parent }),
  network: makeNetwork,
  firewall: makeFirewall,
  loadBalancer: makeLoadBalancer,
  instances: makeInstances,
  routes: makeRoutes,
  apiTargets: makeApiTargets,
  // The service controller of a local lab balances, and needs no balancer of a cloud.
  serviceBalancers: () => [],
  extras(context, built) {
    const all = {
      imageMirror: makeImageMirror(context, built),
      router: built.network.vpc.router,
      jump: makeJumpHost(context, built),
      disposable: true,
    };
    if (!context.config.loadBalancer) return all;
    return {
      ...all,
      balanceServices: (cluster) => makeServiceController(context, built, cluster),
    };
  },
};
