import * as ec2 from '@pulumi/aws/ec2';
import * as pulumi from '@pulumi/pulumi';
import { CloudError } from '../cloud';
import type { LabConfig } from '../config';
import type { Options } from './credentials';

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

/** Tells whether a zone belongs to the region. Local Zones (`us-west-2-lax-1a`) have no network load balancer. */
const isOfRegion = (zone: string, region: string): boolean =>
  zone.length === region.length + 1 && zone.startsWith(region);

/** Returns the first zone of a region, by name, that offers every machine type. Throws a CloudError if none does. */
export function chooseZone({ region, types, offerings }: ZoneArgs): string {
  const wanted = [...new Set(types)];
  const offersAll = (zone: string): boolean =>
    wanted.every((type) => offerings.some((one) => one.zone === zone && one.type === type));
  const zones = [...new Set(offerings.map(({ zone }) => zone))].sort();
  const chosen = zones.find((zone) => isOfRegion(zone, region) && offersAll(zone));
  if (chosen !== undefined) return chosen;
  throw new CloudError(
    `No zone of ${region} offers ${wanted.join(' and ')}: set region, controllerType or workerType to others.`,
  );
}

/**
 * Zone for the lab's first subnet: the one in the config, else one that offers both machine types.
 * A region may have a zone without a common type: us-east-1e has no t3
 * (https://github.com/RedHatGov/redhatgov.workshops/issues/113).
 */
export function zoneOf(
  { region, zone, controllerType, workerType }: LabConfig,
  options: Options,
): pulumi.Input<string> {
  if (zone) return zone;
  const types = [...new Set([controllerType, workerType])];
  const offered = ec2.getInstanceTypeOfferingsOutput(
    { locationType: 'availability-zone', filters: [{ name: 'instance-type', values: types }] },
    options,
  );
  return offered.apply(({ instanceTypes, locations }) => {
    const offerings = instanceTypes.map((type, index) => ({ type, zone: locations[index] }));
    try {
      return chooseZone({ region, types, offerings });
    } catch (error) {
      // Pulumi prints a RunError without a stack trace.
      throw error instanceof CloudError ? new pulumi.RunError(error.message) : error;
    }
  });
}
