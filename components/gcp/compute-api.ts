import { auth, compute, type compute_v1 } from '@googleapis/compute';
import { CloudError } from '../cloud';
import { KEY_VARIABLES, requireKeyFile, TOKEN_VARIABLE } from './credentials';
import { gathered } from '../cloud-client';

/** OAuth scopes for reading. DELETING is added to delete leftovers of an interrupted run. */
const READING = [
  'https://www.googleapis.com/auth/cloud-platform.read-only',
  'https://www.googleapis.com/auth/compute.readonly',
];
const DELETING = ['https://www.googleapis.com/auth/compute'];

type Environment = Record<string, string | undefined>;

/** Reads a key from a variable, which holds the key itself or the path of its file. */
function key(environment: Environment): object {
  const name = KEY_VARIABLES.find((variable) => environment[variable]);
  const text = name && environment[name]!.trim();
  if (!text?.startsWith('{')) {
    requireKeyFile(environment, name);
    return text ? { keyFile: text } : {};
  }
  try {
    return { credentials: JSON.parse(text) as object };
  } catch {
    throw new CloudError(
      `${name} is neither a key of Google Cloud's nor the path of one: correct it, or unset it and run \`gcloud auth application-default login\`.`,
    );
  }
}

/**
 * Makes the client decide from the firmware whether it runs on an instance of Google Cloud.
 * By default it asks the metadata server, and prints a MetadataLookupWarning if that fails
 * (`isAvailable` in gcp-metadata). A metadata server that the user names is still asked.
 */
function skipMetadataLookup(environment: Environment): void {
  if (environment.GCE_METADATA_HOST || environment.GCE_METADATA_IP) return;
  environment.METADATA_SERVER_DETECTION ||= 'bios-only';
}

/** Returns the credentials of Pulumi's provider, so that `doctor` reports on the same account. Default: Google's own order (key file, login of gcloud, instance). */
function authentication(environment: Environment, scopes: string[]): compute_v1.Options['auth'] {
  const access_token = environment[TOKEN_VARIABLE];
  skipMetadataLookup(environment);
  if (!access_token) return new auth.GoogleAuth({ ...key(environment), scopes });
  const client = new auth.OAuth2();
  client.setCredentials({ access_token });
  return client;
}

/** Returns a client of the endpoint that Pulumi's provider uses, which a variable may set (`https://HOST/compute/v1/`). Throws a CloudError if a key is malformed. */
export function computeApi(
  environment: Environment = process.env,
  { deleting = false } = {},
): compute_v1.Compute {
  const endpoint = environment.GOOGLE_COMPUTE_CUSTOM_ENDPOINT;
  return compute({
    version: 'v1',
    auth: authentication(environment, deleting ? DELETING : READING),
    ...(endpoint ? { rootUrl: new URL('/', endpoint).href } : {}),
  });
}

/** Describes an error of Google Cloud as a sentence for the user. */
export function gcpError(error: unknown): CloudError {
  const { message, status } = error as Error & { status?: number };
  if (/default credentials|invalid_grant|reauth/i.test(message) || status === 401) {
    return new CloudError(
      `Google Cloud does not know who you are (${message}): run \`gcloud auth application-default login\`.`,
    );
  }
  if (status === 403)
    return new CloudError(
      `Your Google Cloud credentials may not do this (${message}): they need the role Compute Viewer, and the project the Compute Engine API.`,
    );
  if (status === 404)
    return new CloudError(
      `Google Cloud has no such resource (${message}): look at the config keys project and zone.`,
    );
  return new CloudError(`Google Cloud did not answer: ${message}`);
}

interface Page {
  nextPageToken?: string | null;
}

async function* pages<P extends Page>(
  list: (pageToken: string | undefined) => Promise<{ data: P }>,
): AsyncGenerator<P> {
  let token: string | undefined;
  do {
    const { data } = await list(token);
    yield data;
    token = data.nextPageToken ?? undefined;
  } while (token);
}

/** Collects the items of all pages of a list. */
export const all = <Item>(
  list: (pageToken: string | undefined) => Promise<{ data: Page & { items?: Item[] } }>,
): Promise<Item[]> => gathered(pages(list), ({ items }) => items);

/** Collects the items of all regions and zones from an aggregated list; `of` selects them. */
export const everywhere = <Scope, Item>(
  list: (
    pageToken: string | undefined,
  ) => Promise<{ data: Page & { items?: Record<string, Scope> | null } }>,
  of: (scope: Scope) => Item[] | undefined,
): Promise<Item[]> =>
  gathered(pages(list), ({ items }) =>
    Object.values(items ?? {}).flatMap((scope) => of(scope) ?? []),
  );
