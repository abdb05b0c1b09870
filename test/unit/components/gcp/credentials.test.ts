import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { loadCloud } from '../../../../components/load-cloud';
import { parseConfig } from '../../../../components/config';
import {
  labels,
  labelValue,
  projectOf,
  regionOf,
  requireCredentials,
} from '../../../../components/gcp/credentials';
import { computeApi } from '../../../../components/gcp/compute-api';
import { gcpLab, LEAST } from '../../../support/gcp-graph';

describe('credentials', () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-gcp-'));
  afterAll(() => fs.rmSync(home, { recursive: true }));
  const nowhere = { environment: { CLOUDSDK_CONFIG: home }, vendor: 'Somebody' };
  const withVariable = (environment: Record<string, string>): typeof nowhere => ({
    ...nowhere,
    environment: { ...nowhere.environment, ...environment },
  });

  test('are reported in one sentence with the cure if they are missing', () => {
    expect(() => requireCredentials(nowhere)).toThrow(
      /^There are no Google Cloud credentials here: run `gcloud auth application-default login`, [^\n]*\.$/,
    );
  });

  test('are reported with the name of their file if that does not exist', () => {
    expect(() =>
      requireCredentials(withVariable({ GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/key.json' })),
    ).toThrow(/^GOOGLE_APPLICATION_CREDENTIALS names \/nowhere\/key\.json, [^\n]*\.$/);
  });

  test.each(['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CREDENTIALS'])(
    'are refused by the client, with the name of %s, if its file does not exist',
    (name) => {
      expect(() => computeApi({ [name]: '/nowhere/key.json' })).toThrow(new RegExp(`^${name} `));
      expect(() => computeApi({ [name]: __filename })).not.toThrow();
    },
  );

  test('are not looked up at a metadata server, unless the user names one', () => {
    const [plain, named] = [{}, { GCE_METADATA_HOST: '127.0.0.1:9' }];
    computeApi(plain);
    computeApi(named);
    expect(plain).toEqual({ METADATA_SERVER_DETECTION: 'bios-only' });
    expect(named).toEqual({ GCE_METADATA_HOST: '127.0.0.1:9' });
  });

  test('come from a variable, a file, a login of gcloud, or an instance of Google Cloud', () => {
    expect(() => requireCredentials(withVariable({ GOOGLE_CREDENTIALS: '{}' }))).not.toThrow();
    expect(() =>
      requireCredentials(withVariable({ GOOGLE_OAUTH_ACCESS_TOKEN: 'ya29' })),
    ).not.toThrow();
    expect(() =>
      requireCredentials(withVariable({ GOOGLE_APPLICATION_CREDENTIALS: __filename })),
    ).not.toThrow();
    expect(() => requireCredentials({ ...nowhere, vendor: 'Google' })).not.toThrow();
    fs.writeFileSync(path.join(home, 'application_default_credentials.json'), '{}');
    expect(() => requireCredentials(nowhere)).not.toThrow();
  });
});

test('the project comes from the config, then from the environment, and is required', () => {
  const config = parseConfig({ ...LEAST, project: '' });
  expect(projectOf(parseConfig(LEAST), { GOOGLE_CLOUD_PROJECT: 'other-project' })).toBe(
    'my-project',
  );
  expect(projectOf(config, { GOOGLE_CLOUD_PROJECT: 'other-project' })).toBe('other-project');
  expect(() => projectOf(config, {})).toThrow(/^No Google Cloud project is chosen: [^\n]*\.$/);
});

test('without a project no resource is created', () => {
  process.env.GOOGLE_OAUTH_ACCESS_TOKEN = 'of the tests';
  expect(() => loadCloud(parseConfig({ ...LEAST, project: '' }))).toThrow(
    /^No Google Cloud project is chosen/,
  );
});

test.each([
  ['us-west1-c', 'us-west1'],
  ['northamerica-northeast2-a', 'northamerica-northeast2'],
])('zone %s is in region %s', (zone, region) => expect(regionOf(zone)).toBe(region));

test('label values contain only valid characters', () => {
  expect(labelValue('2026-12-01T18:00Z')).toBe('2026-12-01t18-00z');
  expect(labelValue('Ada.Lovelace@example.com')).toBe('ada-lovelace-example-com');
  expect(labelValue('x'.repeat(100))).toHaveLength(63);
  expect(
    Object.keys(labels({ lab: 'gcp', state: '0a1b2c3d', student: 'ada', expires: '' })),
  ).toEqual(['hardway-lab', 'hardway-state', 'student', 'expires']);
});

test.each(['Gcp', 'gcp_s01', '9gcp', 'gcp-', `gcp-${'x'.repeat(37)}`])(
  'a lab can’t be called %s, and no resource is created',
  async (name) => {
    await expect(gcpLab({ stage: 'none' }, name)).rejects.toThrow(/"[^"]*" can't name a lab/);
  },
);
