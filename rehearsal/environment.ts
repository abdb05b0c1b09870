import * as path from 'node:path';

/** Directory of all rehearsals; bin/rehearse sets it. */
const place = (): string => {
  const found = process.env.REHEARSAL;
  if (!found) throw new Error('start the rehearsal with bin/rehearse');
  return found;
};

/** Directory of this run. It is removed at its end, and before the next one. */
export const scratch = (...inside: string[]): string => path.join(place(), 'run', ...inside);

/** Address and port of the emulated API. */
export const ENDPOINT = { host: '127.0.0.1', port: 5566 };

/** Addresses of the user who runs the program. */
export const USER_ADDRESSES = ['203.0.113.1', '203.0.113.2'] as const;

/** What the program finds in its environment: an account that does not exist. */
export const programEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  HARDWAY_STATE: scratch('state'),
  HARDWAY_CLOUD: scratch('cloud'),
  AWS_ENDPOINT_URL: `http://${ENDPOINT.host}:${ENDPOINT.port}`,
  AWS_ACCESS_KEY_ID: 'rehearsal',
  AWS_SECRET_ACCESS_KEY: 'rehearsal',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_REGION: 'us-west-2',
});
