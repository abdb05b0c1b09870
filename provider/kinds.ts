import { labIdKinds } from './lab-id';
import { localKinds } from './local';
import type { ResourceKinds } from './protocol/plugin';
import { reachableKinds } from './reachable';
import { timeKinds } from './time';
import { tlsKinds } from './tls';

/** All resource kinds of the provider `hardway`, by token. */
export const kinds: ResourceKinds = {
  ...labIdKinds,
  ...localKinds,
  ...reachableKinds,
  ...timeKinds,
  ...tlsKinds,
};
