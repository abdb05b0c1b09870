import type { ResourceKind } from '../resource';
import { loadBalancerKind } from './balancer';
import { firewallRuleKind } from './firewall';
import { instanceKind } from './instance';
import { jumpHostKind } from './jumphost';
import { imageMirrorKind } from './mirror';
import { networkKind } from './network';
import { lookAgain } from './look';
import { routeKind } from './route';
import { siteKind } from './site';

/** A kind of which every change is seen by the next look at the lab's router. */
function watched(kind: ResourceKind<any, any>): ResourceKind {
  const changing = async <T>(lab: string, work: () => Promise<T>): Promise<T> => {
    lookAgain(lab);
    return work().finally(() => lookAgain(lab));
  };
  return {
    ...kind,
    create: (inputs, call) => changing(inputs.lab, () => kind.create(inputs, call)),
    update:
      kind.update &&
      ((id, olds, news, call) => changing(news.lab, () => kind.update!(id, olds, news, call))),
    delete: (id, state, call) => changing(state.lab, () => kind.delete(id, state, call)),
  };
}

/** The local cloud: what a VPC is made of, on this machine. */
export const localKinds: Record<string, ResourceKind> = {
  'hardway:local:Site': siteKind as ResourceKind,
  'hardway:local:Network': watched(networkKind),
  'hardway:local:FirewallRule': watched(firewallRuleKind),
  'hardway:local:Instance': watched(instanceKind),
  'hardway:local:Route': watched(routeKind),
  'hardway:local:LoadBalancer': watched(loadBalancerKind),
  'hardway:local:ImageMirror': watched(imageMirrorKind),
  'hardway:local:JumpHost': watched(jumpHostKind),
};
