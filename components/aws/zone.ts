import * as ec2 from '@pulumi/aws/ec2';
import * as pulumi from '@pulumi/pulumi';
import { CloudError } from '../cloud';
import { chooseZone } from './choose-zone';
import type { LabConfig } from '../config';
import type { Options } from './credentials';

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
