import type { compute_v1 } from '@googleapis/compute';
import type { GcpVpc } from '../../components/gcp/read-vpc';
import type { Protocol } from '../packet';
import type { NodeNames } from './aws';
import type { VpcInterface, VpcRoute, VpcRule } from './facts';

type Firewall = compute_v1.Schema$Firewall;
type Instance = compute_v1.Schema$Instance;
type Route = compute_v1.Schema$Route;

const last = (url: string): string => url.split('/').pop()!;

/** Priority of the implied rules: the lowest. See Google's page "VPC firewall rules". */
const IMPLIED = 65535;
/** Priority of routes and rules that name none. */
const DEFAULT = 1000;

/** Protocols that the API may name by number. */
const NUMBERS: Record<string, Protocol> = { '1': 'icmp', '6': 'tcp', '17': 'udp' };

const EVERYWHERE = ['0.0.0.0/0'];

/** Returns rules for the packets of one entry of `allowed` or `denied`; one for each port range. */
function rulesOf(
  firewall: Firewall,
  entry: { IPProtocol?: string | null; ports?: string[] | null },
  cidrs: string[],
): VpcRule[] {
  const admits = (firewall.allowed ?? []).length > 0;
  const name = entry.IPProtocol ?? 'all';
  const isEgress = firewall.direction === 'EGRESS';
  const ranges = entry.ports?.length ? entry.ports : [undefined];
  return ranges.map((range) => {
    const [first, end = first] = (range ?? '').split('-').map(Number);
    const what = [admits ? 'allow' : 'deny', name, range].filter(Boolean).join(' ');
    return {
      chain: `firewall rule ${firewall.name}`,
      text: `${what} ${isEgress ? 'to' : 'from'} ${cidrs.join(', ') || 'no instance'}`,
      protocol: NUMBERS[name] ?? (name as VpcRule['protocol']),
      ...(range !== undefined && { ports: [first, end] as [number, number] }),
      cidrs,
      priority: firewall.priority ?? DEFAULT,
      admits,
    };
  });
}

const tagsOf = ({ tags }: Instance): string[] => tags?.items ?? [];

const addressesOf = ({ networkInterfaces = [] }: Instance) => ({
  privateIp: networkInterfaces[0]?.networkIP ?? '',
  publicIp: networkInterfaces[0]?.accessConfigs?.[0]?.natIP ?? '',
});

/** Returns the CIDRs of the other end of a rule's packets: ranges, and instances by their tags. */
function otherEnd(firewall: Firewall, instances: Instance[]): string[] {
  const { direction, sourceRanges, sourceTags, destinationRanges } = firewall;
  if (direction === 'EGRESS') return destinationRanges ?? EVERYWHERE;
  if (!sourceRanges && !sourceTags) return EVERYWHERE;
  const tagged = instances.filter((one) => tagsOf(one).some((tag) => sourceTags?.includes(tag)));
  return [...(sourceRanges ?? []), ...tagged.map((one) => `${addressesOf(one).privateIp}/32`)];
}

/** Returns the rules of one direction for an instance, with Google's implied rule at the end. */
function firewallOf(
  instance: Instance,
  direction: 'INGRESS' | 'EGRESS',
  { firewalls, instances }: GcpVpc,
): VpcRule[] {
  const applies = ({ disabled, targetTags, ...firewall }: Firewall): boolean =>
    !disabled &&
    (firewall.direction ?? 'INGRESS') === direction &&
    (!targetTags || targetTags.some((tag) => tagsOf(instance).includes(tag)));
  const own = firewalls
    .filter(applies)
    .flatMap((firewall) =>
      [...(firewall.allowed ?? []), ...(firewall.denied ?? [])].flatMap((entry) =>
        rulesOf(firewall, entry, otherEnd(firewall, instances)),
      ),
    );
  const admits = direction === 'EGRESS';
  const implied: VpcRule = {
    chain: `implied rule of ${direction.toLowerCase()}`,
    text: `${admits ? 'allow' : 'deny'} all`,
    protocol: 'all',
    cidrs: EVERYWHERE,
    priority: IMPLIED,
    admits,
  };
  return [...own, implied];
}

function nextHop(route: Route, instances: Instance[]): VpcRoute['to'] {
  if (route.nextHopNetwork) return 'inside';
  if (route.nextHopGateway) return 'internet';
  const found = instances.find(
    (one) =>
      one.name === last(route.nextHopInstance ?? '') ||
      addressesOf(one).privateIp === route.nextHopIp,
  );
  return found ? { interface: found.name! } : 'nothing';
}

/** Returns the routes that apply to an instance: those without a tag, and those with one of its tags. */
function routesOf(instance: Instance, { routes, instances }: GcpVpc): VpcRoute[] {
  return routes
    .filter(({ tags }) => !tags?.length || tags.some((tag) => tagsOf(instance).includes(tag)))
    .map((route) => {
      const via =
        route.nextHopInstance ?? route.nextHopGateway ?? route.nextHopNetwork ?? route.nextHopIp;
      return {
        destination: route.destRange ?? '',
        priority: route.priority ?? DEFAULT,
        to: nextHop(route, instances),
        text: `${route.name}: ${route.destRange} via ${last(via ?? 'nothing')}`,
      };
    });
}

/** Describes the instances of a VPC of Google Cloud, with the routes and rules of each. Pure. */
export function gcpInterfaces(vpc: GcpVpc, names: NodeNames): VpcInterface[] {
  return vpc.instances.map((instance) => {
    const { privateIp, publicIp } = addressesOf(instance);
    const id = instance.name ?? '';
    const forwards = instance.canIpForward ?? false;
    return {
      id,
      node: names.get(privateIp) ?? id,
      privateIp,
      publicIp,
      forwards,
      setting: `${id}: canIpForward ${forwards}`,
      routes: routesOf(instance, vpc),
      ingress: firewallOf(instance, 'INGRESS', vpc),
      egress: firewallOf(instance, 'EGRESS', vpc),
    };
  });
}
