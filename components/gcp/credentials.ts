import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Provider } from '@pulumi/gcp/provider';
import * as pulumi from '@pulumi/pulumi';
import { CloudError, type Tags } from '../cloud';
import type { LabConfig } from '../config';

/** What every resource of Google's is made with. */
export interface Options {
  parent: pulumi.Resource;
  /** The lab's own, with its project and labels: never the default one, which other config could turn elsewhere. */
  provider: Provider;
}

type Environment = Record<string, string | undefined>;

/** What a machine has that may act for somebody at Google Cloud. */
export interface Surroundings {
  environment: Environment;
  /** Who built the machine, as its firmware says: on Google's, credentials come from the machine itself. */
  vendor: string;
}

const PROJECT = [
  'GOOGLE_PROJECT',
  'GOOGLE_CLOUD_PROJECT',
  'GCLOUD_PROJECT',
  'CLOUDSDK_CORE_PROJECT',
];
/** Holds a token, which goes before any key. */
export const TOKEN_VARIABLE = 'GOOGLE_OAUTH_ACCESS_TOKEN';
/** Hold a key, or its file's path. */
export const KEY_VARIABLES = [
  'GOOGLE_CREDENTIALS',
  'GOOGLE_CLOUD_KEYFILE_JSON',
  'GCLOUD_KEYFILE_JSON',
];
/** Names a file that does. */
const FILE = 'GOOGLE_APPLICATION_CREDENTIALS';

function here(): Surroundings {
  const firmware = '/sys/class/dmi/id/sys_vendor';
  return {
    environment: process.env,
    vendor: fs.existsSync(firmware) ? fs.readFileSync(firmware, 'utf8').trim() : '',
  };
}

/** Throws a CloudError where nothing here could be credentials: else the provider would say so in its own many words. */
export function requireCredentials({ environment, vendor }: Surroundings = here()): void {
  if ([TOKEN_VARIABLE, ...KEY_VARIABLES].some((name) => environment[name])) return;
  const file = environment[FILE];
  if (file && !fs.existsSync(file))
    throw new CloudError(
      `${FILE} names ${file}, and there is no such file: correct it, or unset it and run \`gcloud auth application-default login\`.`,
    );
  const login = path.join(
    environment.CLOUDSDK_CONFIG || path.join(os.homedir(), '.config/gcloud'),
    'application_default_credentials.json',
  );
  if (file || fs.existsSync(login) || vendor === 'Google') return;
  throw new CloudError(
    `There are no Google Cloud credentials here: run \`gcloud auth application-default login\`, or set ${FILE} to a key file's path.`,
  );
}

/** The project that the lab is made in: config's, else the environment's. Throws a CloudError where there is none. */
export function projectOf(config: LabConfig, environment: Environment = process.env): string {
  const project = config.project || PROJECT.map((name) => environment[name]).find(Boolean);
  if (!project)
    throw new CloudError(
      'No Google Cloud project is chosen: set the config key project to its id, or GOOGLE_CLOUD_PROJECT.',
    );
  return project;
}

/** us-west1-c is in us-west1. */
export const regionOf = (zone: string): string => zone.replace(/-[a-z]$/, '');

/** A label's value has lower-case letters, digits, - and _: `2026-12-01T18:00Z` becomes `2026-12-01t18-00z`. */
export const labelValue = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .slice(0, 63);

export const labels = ({ lab, student, expires }: Tags): Record<string, pulumi.Input<string>> => ({
  lab: labelValue(lab),
  student: labelValue(student),
  expires: pulumi.output(expires).apply(labelValue),
});

/** Where everything is made, and the labels that all of it has, if it can have any. */
export function makeProvider(config: LabConfig, tags: Tags, parent: pulumi.Resource): Provider {
  const { zone } = config;
  return new Provider(
    'gcp',
    { project: projectOf(config), region: regionOf(zone), zone, defaultLabels: labels(tags) },
    { parent },
  );
}
