import { auth, compute, type compute_v1 } from '@googleapis/compute';
import { CloudError } from '../cloud';
import { KEY_VARIABLES, TOKEN_VARIABLE } from './credentials';
import { gathered } from '../cloud-client';

/** Reading, and for `deleting` also the deletion of what an interrupted run left. */
const READING = [
  'https://www.googleapis.com/auth/cloud-platform.read-only',
  'https://www.googleapis.com/auth/compute.readonly',
];
const DELETING = ['https://www.googleapis.com/auth/compute'];

type Environment = Record<string, string | undefined>;

/** A key as a variable holds it: the key itself, or the path of its file. */
function key(environment: Environment): object {
  const name = KEY_VARIABLES.find((variable) => environment[variable]);
  const text = name && environment[name]!.trim();
  if (!text?.startsWith('{')) return text ? { keyFile: text } : {};
  try {
    return { credentials: JSON.parse(text) as object };
  } catch {
    throw new CloudError(
      `${name} is neither a key of Google Cloud's nor the path of one: correct it, or unset it and run \`gcloud auth application-default login\`.`,
    );
  }
}

/** As who: whom Pulumi's provider takes, so that doctor speaks of the same account; else everybody's way (key file, gcloud's login, the machine). */
function authentication(environment: Environment, scopes: string[]): compute_v1.Options['auth'] {
  const access_token = environment[TOKEN_VARIABLE];
  if (!access_token) return new auth.GoogleAuth({ ...key(environment), scopes });
  const client = new auth.OAuth2();
  client.setCredentials({ access_token });
  return client;
}

/** Compute Engine's API where Pulumi's provider asks it, which this variable can turn elsewhere (`https://HOST/compute/v1/`). Throws a CloudError for a key that is none. */
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

/** An error of Google Cloud as a sentence for the user. */
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
      `Google Cloud has no such thing (${message}): look at the config keys project and zone.`,
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

/** All items of a list. */
export const all = <Item>(
  list: (pageToken: string | undefined) => Promise<{ data: Page & { items?: Item[] } }>,
): Promise<Item[]> => gathered(pages(list), ({ items }) => items);

/** Everything in all regions and zones: of an aggregated list what `of` takes from each of them. */
export const everywhere = <Scope, Item>(
  list: (
    pageToken: string | undefined,
  ) => Promise<{ data: Page & { items?: Record<string, Scope> | null } }>,
  of: (scope: Scope) => Item[] | undefined,
): Promise<Item[]> =>
  gathered(pages(list), ({ items }) =>
    Object.values(items ?? {}).flatMap((scope) => of(scope) ?? []),
  );
