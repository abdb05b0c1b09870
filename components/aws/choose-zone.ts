import { CloudError } from '../cloud';
import { joinNames } from '../../util/join-names';

/** One machine type in one zone, as DescribeInstanceTypeOfferings lists them. */
export interface Offering {
  /** Such as `t3.small`. */
  type: string;
  /** Such as `us-west-2a`. */
  zone: string;
}

interface ZoneArgs {
  region: string;
  /** Machine types that the zone must offer. */
  types: string[];
  offerings: Offering[];
}

/** Whether a zone is of the region itself. Local Zones (`us-west-2-lax-1a`) take no network load balancer. */
const isOfRegion = (zone: string, region: string): boolean =>
  zone.length === region.length + 1 && zone.startsWith(region);

/** Returns the zones of a region, by name, each with the machine types that it offers. */
export function typesByZone({ region, types, offerings }: ZoneArgs): Map<string, string[]> {
  const wanted = [...new Set(types)];
  const zones = [...new Set(offerings.map(({ zone }) => zone))].sort();
  return new Map(
    zones
      .filter((zone) => isOfRegion(zone, region))
      .map((zone) => [
        zone,
        wanted.filter((type) => offerings.some((one) => one.zone === zone && one.type === type)),
      ]),
  );
}

/** Returns the first zone of a region, by name, that offers every machine type. Throws a CloudError if none does. */
export function chooseZone(args: ZoneArgs): string {
  const wanted = [...new Set(args.types)];
  for (const [zone, offered] of typesByZone(args))
    if (offered.length === wanted.length) return zone;
  throw new CloudError(
    `No zone of ${args.region} offers ${joinNames(wanted)}: set region, controllerType or workerType to others.`,
  );
}
