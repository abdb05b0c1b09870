import type { CloudName, LabArgs } from './args';
import { machineTypeMistakes } from './machine-series';

type CloudOfNames = Exclude<CloudName, 'local'>;

/** Forms of the names in a cloud, each with an example. */
interface Forms {
  /** Name of the cloud for users. */
  title: string;
  zone: RegExp;
  zoneExample: string;
  machineType: RegExp;
  machineTypeExample: string;
}

/**
 * Forms of zones and machine types. On AWS, a period ends the family of an instance type
 * (API reference of EC2, PerformanceFactorReference.instanceFamily). On Google Cloud, a hyphen
 * separates region and zone (docs.cloud.google.com/compute/docs/regions-zones).
 */
const FORMS: Record<CloudOfNames, Forms> = {
  aws: {
    title: 'AWS',
    zone: /^[a-z]{2,4}(-[a-z]+)+-\d+[a-z]$/,
    zoneExample: 'us-west-2a',
    machineType: /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/,
    machineTypeExample: 't3.small',
  },
  gcp: {
    title: 'Google Cloud',
    zone: /^[a-z]+(-[a-z]+)+\d+-[a-z]$/,
    zoneExample: 'us-west1-c',
    machineType: /^[a-z0-9]+(-[a-z0-9]+)+$/,
    machineTypeExample: 'e2-medium',
  },
};

type Named = Partial<Pick<LabArgs, 'region' | 'zone' | 'controllerType' | 'workerType'>>;

function zoneMistakes(
  { title, zone: form, zoneExample }: Forms,
  { region, zone }: Named,
): string[] {
  if (!zone) return [];
  if (!form.test(zone))
    return [`zone is ${zone}, which is no zone of ${title}: set one such as ${zoneExample}`];
  if (region && !zone.startsWith(region))
    return [`zone ${zone} is not in region ${region}: set a zone of that region, or remove zone`];
  return [];
}

/** Returns the mistakes of the places and machine types of a lab in a cloud. */
export function cloudNameMistakes(cloud: CloudOfNames, config: Named): string[] {
  const forms = FORMS[cloud];
  const types = (['controllerType', 'workerType'] as const).flatMap((key) => {
    const type = config[key];
    if (!type) return [];
    if (!forms.machineType.test(type))
      return [
        `${key} is ${type}, which is no machine type of ${forms.title}: set one such as ${forms.machineTypeExample}`,
      ];
    return cloud === 'gcp' ? machineTypeMistakes(key, type) : [];
  });
  return [...zoneMistakes(forms, config), ...types];
}
