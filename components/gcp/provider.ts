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

const PROJECT = ['GOOGLE_PROJECT', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT', 'CLOUDSDK_CORE_PROJECT'];
/** Hold the credentials themselves, or a path of them. */
const CREDENTIALS = ['GOOGLE_CREDENTIALS', 'GOOGLE_CLOUD_KEYFILE_JSON', 'GCLOUD_KEYFILE_JSON', 'GOOGLE_OAUTH_ACCESS_TOKEN'];

/** Where gcloud leaves what `gcloud auth application-default login` got. */
const gcloudLogin = (environment: Environment): string =>
  path.join(environment.CLOUDSDK_CONFIG || path.join(os.homedir(), '.config/gcloud'), 'application_default_credentials.json');

/** A machine of Google's own has credentials from its metadata server. */
function onGoogle(): boolean {
  try {
    return fs.readFileSync('/sys/class/dmi/id/product_name', 'utf8').startsWith('Google');
  } catch {
    return false;
  }
}

/** Throws a CloudError where the provider would find no credentials: it says so only with a page of advice, once for each resource. */
export function requireCredentials(environment: Environment = process.env): void {
  const file = environment.GOOGLE_APPLICATION_CREDENTIALS;
  if (CREDENTIALS.some((name) => environment[name])) return;
  if (file && !fs.existsSync(file)) throw new CloudError(`GOOGLE_APPLICATION_CREDENTIALS names ${file}, and there is no such file: correct it, or unset it and run \`gcloud auth application-default login\`.`);
  if (file || fs.existsSync(gcloudLogin(environment)) || onGoogle()) return;
  throw new CloudError('There are no credentials for Google Cloud on this machine: run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to the path of a key file.');
}

/** The project that the lab is made in: config's, else the environment's. Throws a CloudError where there is none. */
export function projectOf(config: LabConfig, environment: Environment = process.env): string {
  const project = config.project || PROJECT.map((name) => environment[name]).find(Boolean);
  if (!project) throw new CloudError('It is not said which Google Cloud project the lab is made in: run `pulumi config set project PROJECT_ID`, or set GOOGLE_CLOUD_PROJECT.');
  return project;
}

/** us-west1-c is in us-west1. */
export const regionOf = (zone: string): string => zone.replace(/-[a-z]$/, '');

/** A label's value has lower-case letters, digits, - and _: `2026-12-01T18:00Z` becomes `2026-12-01t18-00z`. */
export const labelValue = (text: string): string => text.toLowerCase().replace(/[^a-z0-9_-]/g, '-').slice(0, 63);

export const labels = ({ lab, student, expires }: Tags): Record<string, pulumi.Input<string>> => ({
  lab: labelValue(lab),
  student: labelValue(student),
  expires: pulumi.output(expires).apply(labelValue),
});

/** Nothing is taken from gcloud's own settings: what a lab is made of is in its config. */
export function makeProvider(config: LabConfig, tags: Tags, parent: pulumi.Resource): Provider {
  const { zone } = config;
  return new Provider('gcp', { project: projectOf(config), region: regionOf(zone), zone, defaultLabels: labels(tags) }, { parent });
}
