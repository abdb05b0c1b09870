import type { Cloud } from './cloud';
import type { LabConfig } from './config';

/**
 * Returns the cloud that the config names. Its module is loaded here, because the SDK of a cloud
 * takes seconds to load. Throws a CloudError if the host has no credentials for it.
 */
export function loadCloud(config: LabConfig): Cloud {
  const cloud = moduleOf(config);
  cloud.requireCredentials(config);
  return cloud;
}

function moduleOf({ cloud }: LabConfig): Cloud {
  switch (cloud) {
    case 'local':
      return (require('./local') as typeof import('./local')).local;
    case 'aws':
      return (require('./aws') as typeof import('./aws')).aws;
    case 'gcp':
      return (require('./gcp') as typeof import('./gcp')).gcp;
  }
}
