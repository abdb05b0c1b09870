import type { ResourceKind } from '../resource';
import { sweep } from './sweep';

export interface SiteInputs {
  lab: string;
}

/**
 * The lab's place on this machine. Made first, it makes nothing; gone last, it takes along all that is left: also what
 * a killed run had under way, which the engine forgets and whose removal it would never ask for.
 */
export const siteKind: ResourceKind<SiteInputs, SiteInputs> = {
  async create(inputs) {
    return { id: inputs.lab, state: inputs };
  },
  async delete(lab, _state, call) {
    for (const line of await sweep(lab)) call?.log('info', `removed what no state knew of: ${line}`);
  },
};
