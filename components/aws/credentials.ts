import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { Provider } from '@pulumi/aws/provider';
import type * as pulumi from '@pulumi/pulumi';
import { CloudError, type Tags } from '../cloud';

/** Options that all resources on AWS share. */
export interface Options {
  parent: pulumi.Resource;
  /** The lab's own provider, with its region and tags. The default provider could have another region. */
  provider: Provider;
}

/** Sources of AWS credentials on the host. */
export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  /** Home directory of the user. */
  home: string;
  /** Vendor of the host, from its firmware. On `Amazon EC2` the instance provides credentials. */
  vendor: string;
}

const VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

function here(): Surroundings {
  const firmware = '/sys/class/dmi/id/sys_vendor';
  return {
    environment: process.env,
    home: homedir(),
    vendor: existsSync(firmware) ? readFileSync(firmware, 'utf8').trim() : '',
  };
}

/** Throws a CloudError if the host has no AWS credentials. It is shorter than the provider's error. */
export function requireCredentials({ environment, home, vendor }: Surroundings = here()): void {
  const file = (variable: string, name: string): string =>
    environment[variable] || path.join(home, '.aws', name);
  const files = [
    file('AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
    file('AWS_CONFIG_FILE', 'config'),
  ];
  const found =
    VARIABLES.some((name) => environment[name]) ||
    files.some((name) => existsSync(name)) ||
    vendor === 'Amazon EC2';
  if (!found) {
    throw new CloudError(
      'There are no AWS credentials here: run `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    );
  }
}

/**
 * Creates the lab's provider, with its region and the tags of every resource.
 *
 * `expires` is not among them. A default tag that changes disappears from the root volumes of instances
 * (https://github.com/hashicorp/terraform-provider-aws/issues/38301), and `extend` changes it.
 */
export function makeProvider(region: string, tags: Tags, parent: pulumi.Resource): Provider {
  const { lab, state, student } = tags;
  const defaultTags = { tags: { 'hardway-lab': lab, 'hardway-state': state, student } };
  return new Provider('aws', { region, defaultTags }, { parent });
}
