import { randomBytes } from 'node:crypto';
import { addressAt } from '../../../util/cidr';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { prepareHost } from './host-kernel';
import { routerSnapshot } from '../router/router-snapshot';
import { hasIpv6 } from '../shared/ipv6';
import { routerOf } from '../shared/names';
import { blackholePool } from '../shared/address-pool';
import { ensureRouter, removeRouter, routerDrift, type RouterPlan } from '../router/router';
import {
  chooseSlot,
  holdSlot,
  hostLink,
  publicCidr,
  releaseSlot,
  slotAt,
  slotOf,
} from '../shared/slots';
import { driftDifference, type Drifting } from '../shared/drift';

export interface NetworkInputs {
  lab: string;
  nodeCidr: string;
  podCidr: string;
  gateway: string;
  /** IPv6 address of the router; unset unless the lab is dual-stack. */
  gateway6?: string;
  publicPool: string;
  mtu: number;
  publicCidr: string;
  router: string;
  hostIp: string;
  /** Changes exactly when the network is replaced. */
  generation: string;
}

interface NetworkState extends NetworkInputs, Drifting {}

/** Reason why a dual-stack network can't be created on a host without IPv6. */
const NO_IPV6 =
  'ipFamily is dual, but this host has no IPv6: boot it without ipv6.disable=1, or remove ipFamily';

/** Number of the host's address in the lab's public /24. */
const HOST = 1;

/**
 * Reserves the slot of the lab's public network and returns the plan of the router. Throws if
 * another lab has taken the slot.
 */
async function hold(inputs: NetworkInputs): Promise<RouterPlan> {
  await blackholePool(inputs.publicPool);
  await prepareHost();
  // The slot is not chosen again: a replaced network has released its slot, and a lower one may be
  // free by now.
  const slot = slotAt(inputs.publicPool, inputs.publicCidr);
  holdSlot({ lab: inputs.lab, pool: inputs.publicPool, slot });
  return { ...inputs, link: hostLink(slot) };
}

function remove(lab: string): Promise<void> {
  const slot = slotOf(lab);
  return removeRouter(routerOf(lab), slot && hostLink(slot.slot));
}

/** The VPC: a router in its own network namespace, and the lab's public /24 on the host. */
export const networkKind: ResourceKind<NetworkInputs, NetworkState> = {
  async check(news, olds) {
    const failures: Failure[] = [];
    const lab = String(news.lab);
    let inputs: Record<string, unknown> = news;
    try {
      const slot = chooseSlot(lab, String(news.publicPool));
      const cidr = publicCidr(String(news.publicPool), slot);
      inputs = {
        ...news,
        publicCidr: cidr,
        router: routerOf(lab),
        hostIp: addressAt(cidr, HOST),
        generation: olds?.generation ?? randomBytes(8).toString('hex'),
      };
    } catch (error) {
      failures.push({ property: 'publicPool', reason: (error as Error).message });
    }
    if (news.gateway6 && !hasIpv6()) failures.push({ property: 'gateway6', reason: NO_IPV6 });
    return { inputs, failures };
  },
  async diff(olds, news, unknown) {
    // An input that is unset now differs, too: a lab that was dual-stack.
    return driftDifference(olds, { gateway6: undefined, ...news }, unknown, () => false);
  },
  async create(inputs) {
    const plan = await hold(inputs);
    await remove(inputs.lab);
    await ensureRouter(plan);
    return { id: inputs.lab, state: { ...inputs, trouble: '' } };
  },
  // The network does not exist only if the host has no record of the lab. Otherwise it is the same
  // network, and its resources stay.
  async read(lab, state) {
    const slot = slotOf(lab);
    return (
      slot && {
        ...state,
        trouble: await routerDrift(
          { ...state, link: hostLink(slot.slot) },
          await routerSnapshot(lab),
        ),
      }
    );
  },
  async update(_lab, _olds, news) {
    await ensureRouter(await hold(news));
    return { ...news, trouble: '' };
  },
  async delete(lab) {
    await remove(lab);
    releaseSlot(lab);
  },
};
