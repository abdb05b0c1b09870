import { randomBytes } from 'node:crypto';
import { addressAt } from '../../../util/cidr';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { prepareHost } from './host-kernel';
import { look } from '../router/router-snapshot';
import { routerOf } from '../shared/names';
import { blackholePool } from '../shared/address-pool';
import { ensureRouter, removeRouter, routerTrouble, type RouterPlan } from '../router/router';
import {
  chooseSlot,
  holdSlot,
  hostLink,
  publicCidr,
  releaseSlot,
  slotAt,
  slotOf,
} from '../shared/slots';
import { troubledDifference, type Troubled } from '../shared/drift';

export interface NetworkInputs {
  lab: string;
  nodeCidr: string;
  podCidr: string;
  gateway: string;
  publicPool: string;
  mtu: number;
  publicCidr: string;
  router: string;
  hostIp: string;
  /** Another one exactly when the network is another network. */
  generation: string;
}

interface NetworkState extends NetworkInputs, Troubled {}

/** Host number of the machine itself in the lab's public /24. */
const HOST = 1;

/** What there is to make of it, in the slot that its public network is. Throws where another lab took it since. */
async function hold(inputs: NetworkInputs): Promise<RouterPlan> {
  await blackholePool(inputs.publicPool);
  await prepareHost();
  // Not chosen again: a network that is replaced gave its slot back, and a lower one may be free by now.
  const slot = slotAt(inputs.publicPool, inputs.publicCidr);
  holdSlot({ lab: inputs.lab, pool: inputs.publicPool, slot });
  return { ...inputs, link: hostLink(slot) };
}

function remove(lab: string): Promise<void> {
  const slot = slotOf(lab);
  return removeRouter(routerOf(lab), slot && hostLink(slot.slot));
}

/** The VPC: a router in a network namespace of its own, and the lab's public /24 on this machine. */
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
    return { inputs, failures };
  },
  async diff(olds, news, unknown) {
    return troubledDifference(olds, news, unknown, () => false);
  },
  async create(inputs) {
    const plan = await hold(inputs);
    await remove(inputs.lab);
    await ensureRouter(plan);
    return { id: inputs.lab, state: { ...inputs, trouble: '' } };
  },
  // Gone only where the machine knows nothing of the lab any more. Else it is the same network, and what is in it stays.
  async read(lab, state) {
    const slot = slotOf(lab);
    return (
      slot && {
        ...state,
        trouble: await routerTrouble({ ...state, link: hostLink(slot.slot) }, await look(lab)),
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
