import type { LabConfig } from '../../components/config';
import type { LabRef } from '../lab/name';
import type { Settings } from '../lab/settings';
import type { Remembered, Snapshot } from '../engine';
import { asText } from '../../util/optional';
import { accountConfig } from './account';

/**
 * Reads region, zone and project of the provider resources in a state. They name the account even
 * if the config changed.
 */
function fromProvider(resources: Remembered[]): Partial<LabConfig> {
  const outputsOf = (type: string): Record<string, unknown> =>
    resources.find((resource) => resource.type === type)?.outputs ?? {};
  const aws = outputsOf('pulumi:providers:aws');
  const gcp = outputsOf('pulumi:providers:gcp');
  const found = {
    region: asText(aws.region),
    project: asText(gcp.project),
    zone: asText(gcp.zone),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== ''));
}

/**
 * Returns the config of the account in which a lab exists. Its state decides (provider, then
 * outputs); without a state, its config file and `settings`. Call it before a destroy, which
 * empties the state.
 */
export function accountConfigOf(
  lab: LabRef,
  snapshot: Snapshot | undefined,
  settings: Settings = new Map(),
): LabConfig {
  const config = snapshot?.outputs?.config ?? accountConfig(lab, settings);
  return { ...config, ...fromProvider(snapshot?.resources ?? []) };
}
