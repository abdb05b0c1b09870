import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { Provider } from '@pulumi/aws/provider';
import type * as pulumi from '@pulumi/pulumi';
import { CloudError, type Tags } from '../cloud';

/** What every resource of AWS is made with. */
export interface Options {
  parent: pulumi.Resource;
  /** The lab's own, with its region and tags: never the default one, which other config could turn elsewhere. */
  provider: Provider;
}

/** What a machine has that may act for somebody at AWS. */
export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  /** The user's own directory. */
  home: string;
  /** Who built the machine, as its firmware says: on Amazon's, credentials come from the machine itself. */
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

/** Throws a CloudError where nothing here could be credentials: else the provider would say so in its own many words. */
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
 * The lab's own provider: its region, and the tags that every resource has.
 *
 * `expires` is not among them. A default tag that changes disappears from the root volumes of instances
 * (https://github.com/hashicorp/terraform-provider-aws/issues/38301), and `extend` changes it.
 */
export function makeProvider(region: string, tags: Tags, parent: pulumi.Resource): Provider {
  const { lab, state, student } = tags;
  const defaultTags = { tags: { 'hardway-lab': lab, 'hardway-state': state, student } };
  return new Provider('aws', { region, defaultTags }, { parent });
}
