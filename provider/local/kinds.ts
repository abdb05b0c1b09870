import type { ResourceKind } from '../protocol/resource-kind';
import { loadBalancerKind } from './load-balancer/kind';
import { firewallRuleKind } from './firewall/kind';
import { instanceKind } from './instance/kind';
import { jumpHostKind } from './jump-host/kind';
import { imageMirrorKind } from './image-mirror/kind';
import { networkKind } from './network/kind';
import { owned } from './owned';
import { discardSnapshot } from './router/router-snapshot';
import { routeKind } from './route/kind';
import { serviceControllerKind } from './service-controller/kind';
import { siteKind } from './workspace/kind';

/** Wraps a kind so that each change discards the snapshot of the lab's router. */
function watched(kind: ResourceKind<any, any>): ResourceKind {
  const changing = async <T>(lab: string, work: () => Promise<T>): Promise<T> => {
    discardSnapshot(lab);
    return work().finally(() => discardSnapshot(lab));
  };
  return owned({
    ...kind,
    create: (inputs, call) => changing(inputs.lab, () => kind.create(inputs, call)),
    update:
      kind.update &&
      ((id, olds, news, call) => changing(news.lab, () => kind.update!(id, olds, news, call))),
    delete: (id, state, call) => changing(state.lab, () => kind.delete(id, state, call)),
  });
}

/** Resource kinds of the local cloud, by token. */
export const localKinds: Record<string, ResourceKind> = {
  'hardway:local:Site': owned(siteKind),
  'hardway:local:Network': watched(networkKind),
  'hardway:local:FirewallRule': watched(firewallRuleKind),
  'hardway:local:Instance': watched(instanceKind),
  'hardway:local:Route': watched(routeKind),
  'hardway:local:LoadBalancer': watched(loadBalancerKind),
  'hardway:local:ImageMirror': watched(imageMirrorKind),
  'hardway:local:JumpHost': watched(jumpHostKind),
  'hardway:local:ServiceController': watched(serviceControllerKind),
};
