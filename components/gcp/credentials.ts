import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Provider } from '@pulumi/gcp/provider';
import * as pulumi from '@pulumi/pulumi';
import { CloudError, type Tags } from '../cloud';
import type { LabConfig } from '../config';

/** Options that all resources on Google Cloud share. */
export interface Options {
  parent: pulumi.Resource;
  /** The lab's own provider, with its project and labels. The default provider could point to another project. */
  provider: Provider;
  /**
   * Names are fixed, so the old resource must go first. Without this the engine creates "the new one", gets the old
   * one's id, and then deletes it.
   */
  deleteBeforeReplace: boolean;
}

type Environment = Record<string, string | undefined>;

/** Sources of Google Cloud credentials on the host. */
export interface Surroundings {
  environment: Environment;
  /** Vendor of the host, from its firmware. On `Google` the instance provides credentials. */
  vendor: string;
}

const PROJECT = [
  'GOOGLE_PROJECT',
  'GOOGLE_CLOUD_PROJECT',
  'GCLOUD_PROJECT',
  'CLOUDSDK_CORE_PROJECT',
];
/** Variable of an access token, which takes precedence over every key. */
export const TOKEN_VARIABLE = 'GOOGLE_OAUTH_ACCESS_TOKEN';
/** Variables of a key, or of the path of its file. */
export const KEY_VARIABLES = [
  'GOOGLE_CREDENTIALS',
  'GOOGLE_CLOUD_KEYFILE_JSON',
  'GCLOUD_KEYFILE_JSON',
];
/** Variable of the path of a key file. */
const FILE = 'GOOGLE_APPLICATION_CREDENTIALS';

function here(): Surroundings {
  const firmware = '/sys/class/dmi/id/sys_vendor';
  return {
    environment: process.env,
    vendor: fs.existsSync(firmware) ? fs.readFileSync(firmware, 'utf8').trim() : '',
  };
}

/** Throws a CloudError if a variable names a key file that does not exist. */
export function requireKeyFile(environment: Environment, name = FILE): void {
  const file = environment[name]?.trim();
  if (!file || fs.existsSync(file)) return;
  throw new CloudError(
    `${name} names ${file}, and there is no such file: correct it, or unset it and run \`gcloud auth application-default login\`.`,
  );
}

/** Throws a CloudError if the host has no Google Cloud credentials. It is shorter than the provider's error. */
export function requireCredentials({ environment, vendor }: Surroundings = here()): void {
  if ([TOKEN_VARIABLE, ...KEY_VARIABLES].some((name) => environment[name])) return;
  requireKeyFile(environment);
  const login = path.join(
    environment.CLOUDSDK_CONFIG || path.join(os.homedir(), '.config/gcloud'),
    'application_default_credentials.json',
  );
  if (environment[FILE] || fs.existsSync(login) || vendor === 'Google') return;
  throw new CloudError(
    `There are no Google Cloud credentials here: run \`gcloud auth application-default login\`, or set ${FILE} to a key file's path.`,
  );
}

/** Returns the project in the config, or in the environment. Throws a CloudError if neither has one. */
export function projectOf(config: LabConfig, environment: Environment = process.env): string {
  const project = config.project || PROJECT.map((name) => environment[name]).find(Boolean);
  if (!project)
    throw new CloudError(
      'No Google Cloud project is chosen: set the config key project to its id, or GOOGLE_CLOUD_PROJECT.',
    );
  return project;
}

/** Returns the region of a zone: `us-west1` for `us-west1-c`. */
export const regionOf = (zone: string): string => zone.replace(/-[a-z]$/, '');

/** Converts text to a label's value: `2026-12-01T18:00Z` becomes `2026-12-01t18-00z`. */
export const labelValue = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .slice(0, 63);

export const labels = ({
  lab,
  state,
  student,
  expires,
}: Tags): Record<string, pulumi.Input<string>> => ({
  'hardway-lab': labelValue(lab),
  'hardway-state': state,
  student: labelValue(student),
  expires: pulumi.output(expires).apply(labelValue),
});

/**
 * How often the provider asks whether an operation is done. Its default is 10 s, so that most resources would take
 * 10 s. 2 s is the provider's own lower bound where it backs off automatically (OperationWait in
 * terraform-provider-google/google/tpgresource/common_operation.go); eight operations at once are 4 requests a second.
 */
const POLL_INTERVAL = '2s';

/** Creates the lab's provider: project, region, zone, and the labels of every resource that can have labels. */
export function makeProvider(config: LabConfig, tags: Tags, parent: pulumi.Resource): Provider {
  const { zone } = config;
  return new Provider(
    'gcp',
    {
      project: projectOf(config),
      region: regionOf(zone),
      zone,
      defaultLabels: labels(tags),
      pollInterval: POLL_INTERVAL,
    },
    { parent },
  );
}
