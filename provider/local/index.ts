import type { ResourceKind } from '../resource';
import { loadBalancerKind } from './balancer';
import { firewallRuleKind } from './firewall';
import { instanceKind } from './instance';
import { imageMirrorKind } from './mirror';
import { networkKind } from './network';
import { routeKind } from './route';

/** The local cloud: what a VPC is made of, on this machine. */
export const localKinds: Record<string, ResourceKind> = {
  'hardway:local:Network': networkKind as ResourceKind,
  'hardway:local:FirewallRule': firewallRuleKind as ResourceKind,
  'hardway:local:Instance': instanceKind as ResourceKind,
  'hardway:local:Route': routeKind as ResourceKind,
  'hardway:local:LoadBalancer': loadBalancerKind as ResourceKind,
  'hardway:local:ImageMirror': imageMirrorKind as ResourceKind,
};
