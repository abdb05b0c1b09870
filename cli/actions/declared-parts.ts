import type { RestoredNode, RouterPlan } from '../../provider/local';
import type { UpSnapshot } from './up';

/** Names every field of a type: the compiler refuses a list that lacks one, also an optional one. */
type Fields<T> = Record<keyof Required<T>, true>;

/** Fields of a node that a restore needs. The node's private host key is not among them. */
const NODE: Fields<RestoredNode> = {
  lab: true,
  network: true,
  name: true,
  tree: true,
  store: true,
  privateIp: true,
  publicIp: true,
  gateway: true,
  privateIp6: true,
  gateway6: true,
  prefixLength: true,
  mtu: true,
  canIpForward: true,
};

const ROUTER: Fields<Omit<RouterPlan, 'link'>> = {
  lab: true,
  router: true,
  nodeCidr: true,
  gateway: true,
  gateway6: true,
  publicCidr: true,
  publicPool: true,
  hostIp: true,
  mtu: true,
};

/** Copies the named fields that have a value. */
const only = <T extends object>(from: T, fields: Fields<T>): T =>
  Object.fromEntries(
    Object.entries(from).filter(([name, value]) => name in fields && value !== undefined),
  ) as T;

const outputsOf = <T>({ resources }: Pick<UpSnapshot, 'resources'>, kind: string): T[] =>
  resources
    .filter(({ type }) => type === `hardway:local:${kind}`)
    .map(({ outputs }) => outputs as T);

/** Returns the nodes of a local lab as its state declares them, without secrets. */
export const declaredNodes = (snapshot: Pick<UpSnapshot, 'resources'>): RestoredNode[] =>
  outputsOf<RestoredNode>(snapshot, 'Instance').map((node) => only(node, NODE));

/** Returns the router of a local lab as its state declares it, and the host's link to it. */
export function declaredRouter(snapshot: Pick<UpSnapshot, 'resources'>, link: string): RouterPlan {
  const [network] = outputsOf<Omit<RouterPlan, 'link'>>(snapshot, 'Network');
  return { ...only(network, ROUTER), link };
}
